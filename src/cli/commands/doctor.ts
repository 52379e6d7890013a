import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, runsDirectoryOption } from '../options.ts'

export const doctorCommand = defineCommand({
  usage: 'doctor',
  describe: 'Check settings, network, credentials and disk, and say what to do; sends only reads',
  positional: null,
  options: { job: inputOptions.job, ...runsDirectoryOption, ...jsonOption },
  examples: [
    ['$0 doctor', 'Check whether a run could begin'],
    ['$0 doctor --job jobs/offboarding.yaml --json', 'The same with the guards of a job, as JSON'],
  ],
  exits: [
    [0, 'all is well'],
    [1, 'something is wrong'],
    [2, 'no org is set, so nothing could be checked'],
  ],
  handler: async (args) => await (await import('../handlers/doctor.ts')).examine(args),
})
