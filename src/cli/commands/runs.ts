import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const runsCommand = defineCommand({
  usage: 'runs',
  describe: 'List all runs with state, counts and age, the latest first',
  positional: null,
  options: { ...runsDirectoryOption, ...jsonOption },
  examples: [
    ['$0 runs', 'All runs'],
    ['$0 runs --json', 'The same as JSON'],
  ],
  handler: async (args) => await (await import('../handlers/runs.ts')).listRuns(args),
})
