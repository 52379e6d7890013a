import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions, unusualOption } from '../options.ts'

export const runCommand = defineCommand({
  usage: 'run [input]',
  describe: 'Carry out the actions of an input and report a result for each',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: {
    ...inputOptions,
    ...unusualOption,
    ...runsDirectoryOption,
    'run-id': {
      type: 'string',
      requiresArg: true,
      describe: 'Name of the run directory [default: time and job]',
    },
    sandbox: {
      type: 'boolean',
      default: false,
      describe: 'Use a simulated org with the users of the input',
    },
    plan: {
      type: 'string',
      requiresArg: true,
      describe: 'Carry out a plan saved by plan --out, exactly as it is',
    },
    'if-changed': {
      type: 'boolean',
      default: false,
      describe:
        "Do nothing if the job's latest run did everything, the input and the job are the same, and no row has become due since",
    },
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 run --job jobs/offboarding.yaml --sandbox', 'Try a job on a simulated org'],
    ['$0 run leavers.csv --action suspend', 'Suspend the users of a file'],
    ['$0 run --job nightly.yaml --yes --quiet', 'Run unattended'],
    ['$0 run --plan plan.json', 'Carry out a saved plan'],
  ],
  ofStore: 'history',
  handler: async (args, input) => await (await import('../handlers/run.ts')).runInput(args, input),
})
