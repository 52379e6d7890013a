import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const reportCommand = defineCommand({
  usage: 'report [run]',
  describe: "Write a run's reports again, from its journal alone",
  positional: { name: 'run', describe: 'Run id or run directory; the latest run if none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    format: {
      type: 'string',
      requiresArg: true,
      default: 'html,csv,jsonl,json',
      describe:
        'Which reports: html (report.html), csv (results.csv and failed.csv), jsonl (results.jsonl), json (summary.json)',
    },
    open: {
      type: 'boolean',
      default: false,
      describe: 'Open report.html in the browser once it is written',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'With --store: directory to write the files of the run to, as in a run directory',
    },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [
    ['$0 report --latest', 'All reports of the latest run'],
    ['$0 report RUN --format html', 'Only the page for people'],
    ['$0 report --latest --open', 'Look at the page of the latest run'],
  ],
  notes: ['The files are the same each time, byte for byte'],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/report.ts')).writeReportsAgain(args, name),
})
