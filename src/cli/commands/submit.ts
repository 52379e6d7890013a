import { defineCommand } from '../command.ts'
import {
  inputOptions,
  jsonOption,
  runsDirectoryOption,
  submittingOptions,
  unusualOption,
} from '../options.ts'

export const submitCommand = defineCommand({
  usage: 'submit [input]',
  describe: 'Check, plan and confirm a run, and leave it to the workers of a store',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: {
    ...inputOptions,
    ...unusualOption,
    ...runsDirectoryOption,
    ...submittingOptions,
    ...jsonOption,
  },
  examples: [
    [
      '$0 submit leavers.csv --job jobs/offboarding.yaml --yes --store postgres://db.example.com/lifecycle',
      'Submit a job',
    ],
  ],
  notes: [
    'No lifecycle call is sent by this command',
    'Prints the id of the run; with --json, {"run_id": "ID"}',
  ],
  ofStore: 'history',
  handler: async (args, input) => await (await import('../handlers/submit.ts')).submitInput(args, input),
})
