import { defineCommand } from '../command.ts'
import { guardOptions, jsonOption, runsDirectoryOption, sendingOptions, takeCopyOption } from '../options.ts'

export const undoCommand = defineCommand({
  usage: 'undo [run]',
  describe: 'Start a new run that takes back what a run did, as far as that is possible',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'take-sound-part': {
      type: 'boolean',
      default: false,
      describe: 'Take back what the undamaged part of a damaged or older journal shows',
    },
    ...takeCopyOption,
    ...guardOptions,
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 undo --latest', 'Unsuspend the users whom the latest run suspended, and vice versa'],
    ['$0 undo 20260901T020000000Z-leavers --yes', 'The same for a run by its id, without a question'],
  ],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/undo.ts')).undoRun(args, name),
})
