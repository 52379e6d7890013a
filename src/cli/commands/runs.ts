import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const runsCommand = defineCommand({
  usage: 'runs',
  describe: 'List all runs with state, counts and age, the latest first',
  positional: null,
  options: {
    ...runsDirectoryOption,
    prune: {
      type: 'boolean',
      default: false,
      describe: 'Show which finished runs are older than --keep; with --yes, remove them for good',
    },
    keep: {
      type: 'string',
      requiresArg: true,
      describe: 'With --prune: how long finished runs are kept, such as 90d',
    },
    yes: { type: 'boolean', default: false, describe: 'With --prune: remove what is shown' },
    ...jsonOption,
  },
  examples: [
    ['$0 runs', 'All runs'],
    ['$0 runs --json', 'The same as JSON'],
    ['$0 runs --prune --keep 90d', 'What could be removed'],
    ['$0 runs --prune --keep 90d --yes', 'Remove it'],
  ],
  notes: ['A run whose run.json or journal is missing or unreadable is shown as damaged'],
  exits: [[1, 'with --prune: a run could not be removed']],
  ofStore: 'all',
  handler: async (args) => {
    if (args.prune || args.keep !== undefined || args.yes)
      return await (await import('../handlers/prune-runs.ts')).pruneRuns(args)
    return await (await import('../handlers/runs.ts')).listRuns(args)
  },
})
