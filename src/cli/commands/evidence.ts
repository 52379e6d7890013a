import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const evidenceCommand = defineCommand({
  usage: 'evidence [run]',
  describe: 'Write a zip file with all that an auditor needs to judge a run',
  positional: { name: 'run', describe: 'Run id or run directory; the latest run if none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    redact: {
      type: 'boolean',
      default: false,
      describe: "Replace ids, logins and the input's cells with salted digests; counts and times stay",
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'Zip file to write [default: RUN-evidence.zip, or RUN-evidence-redacted.zip with --redact]',
    },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [
    ['$0 evidence --latest', 'The evidence of the latest run'],
    ['$0 evidence RUN --redact', 'An edition that names nobody'],
  ],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/evidence.ts')).evidenceOf(args, name),
})
