import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, sendingOptions, unusualOption } from '../options.ts'

/** Flags of `run` that a plan accepts although it runs nothing, so that changing `run` to `plan` is enough. */
const runAlone = {
  yes: { type: 'boolean', describe: 'Accepted so that run can be changed to plan; a plan asks nothing' },
  'runs-dir': {
    type: 'string',
    requiresArg: true,
    default: 'runs',
    describe: "Directory with the job's earlier runs, to compare the input with them; a plan stores nothing",
  },
  'run-id': {
    type: 'string',
    requiresArg: true,
    describe: 'Accepted so that run can be changed to plan; a plan stores nothing',
  },
} as const

export const planCommand = defineCommand({
  usage: 'plan [input]',
  describe: 'Show what a run would do, row by row; sends only reads',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: {
    ...inputOptions,
    sandbox: {
      type: 'boolean',
      default: false,
      describe: 'Use a simulated org with the users of the input',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'Save the plan in this file, for run --plan FILE',
    },
    ...runAlone,
    ...unusualOption,
    quiet: sendingOptions.quiet,
    'accept-refusals': sendingOptions['accept-refusals'],
    ...jsonOption,
  },
  examples: [
    ['$0 plan --job jobs/offboarding.yaml', 'What a job would do to each user'],
    [
      '$0 plan leavers.csv --action suspend --json',
      'What an action would do to the users in a file, as JSON',
    ],
    ['$0 plan --job jobs/offboarding.yaml --out plan.json', 'Save the plan, to be carried out as it is'],
  ],
  notes: ['The answer of --json is described in schema/plan.schema.json'],
  exits: [
    [0, 'the plan was made, even if tasks would fail'],
    [3, 'a guard would stop the run'],
  ],
  ofStore: 'history',
  handler: async (args, input) => await (await import('../handlers/plan.ts')).planInput(args, input),
})
