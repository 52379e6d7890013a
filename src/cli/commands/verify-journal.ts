import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const verifyJournalCommand = defineCommand({
  usage: 'verify-journal [run]',
  describe: "Check a run's whole journal for damage; changes nothing",
  positional: { name: 'run', describe: 'Run id or run directory; the latest run if none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [
    ['$0 verify-journal --latest', 'Check the journal of the latest run'],
    ['$0 verify-journal RUN --json', 'The same as JSON; exit status 1 if it is damaged'],
  ],
  notes: ['The answer of --json is described in schema/verify-journal.schema.json'],
  exits: [
    [0, 'the journal is sound'],
    [1, 'the journal is damaged'],
    [2, 'there is no such run'],
  ],
  ofStore: 'named',
  handler: async (args, name) =>
    await (await import('../handlers/verify-journal.ts')).verifyJournal(args, name),
})
