import { defineCommand } from '../command.ts'
import { guardOptions, jsonOption, runsDirectoryOption, sendingOptions, takeCopyOption } from '../options.ts'

export const retryCommand = defineCommand({
  usage: 'retry [run]',
  describe: 'Start a new run of the tasks that failed, are in doubt or were not run',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'in-doubt': {
      choices: ['keep', 'retry'] as const,
      requiresArg: true,
      describe:
        'What to do with a reactivate if nothing shows whether it was applied [default: as in the old run]',
    },
    ...takeCopyOption,
    ...guardOptions,
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 retry --latest', 'After fixing what was wrong'],
    [
      '$0 retry --latest --in-doubt retry',
      'Also repeat a reactivate if nothing shows whether it was applied',
    ],
  ],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/retry.ts')).retryRun(args, name),
})
