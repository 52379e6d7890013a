import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const statusCommand = defineCommand({
  usage: 'status [run]',
  describe: 'Show how far a run has got, even while it is at work',
  positional: { name: 'run', describe: 'Run id or run directory; the latest run if none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [['$0 status --latest --json', 'The counts of the latest run, as JSON']],
  exits: [[1, 'the run is damaged: its run.json or its journal is missing or unreadable']],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/status.ts')).showStatus(args, name),
})
