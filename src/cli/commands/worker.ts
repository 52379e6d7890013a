import { defineCommand } from '../command.ts'
import { drainOption, storeOption } from '../options.ts'

export const workerCommand = defineCommand({
  usage: 'worker',
  describe: 'Carry out the runs of a store until told to stop',
  positional: null,
  options: {
    ...storeOption,
    runs: {
      type: 'number',
      requiresArg: true,
      default: 4,
      describe: 'How many runs to carry out at once, 1 to 100',
    },
    orgs: {
      type: 'string',
      requiresArg: true,
      describe:
        'YAML file with the credentials of each org, mode 0600 [default: OKTA_LIFECYCLE_ORGS, else the one org of the settings]',
    },
    ...drainOption,
  },
  examples: [
    ['$0 worker --store postgres://db.example.com/lifecycle', 'For the one org of the settings'],
    ['$0 worker --orgs orgs.yaml --runs 20', 'For several orgs; the store is named by OKTA_LIFECYCLE_STORE'],
  ],
  notes: ['Ends on SIGTERM: settles what is under way and hands its runs back to other workers'],
  handler: async (args) => await (await import('../handlers/worker.ts')).work(args),
})
