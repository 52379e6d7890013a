import { defineCommand } from '../command.ts'
import { guardOptions, jsonOption, runsDirectoryOption, sendingOptions, unusualOption } from '../options.ts'

export const resumeCommand = defineCommand({
  usage: 'resume [run]',
  describe: 'Go on with a run that was stopped or died',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'take-sound-part': {
      type: 'boolean',
      default: false,
      describe:
        'Go on from the undamaged part of a damaged or older journal; what it does not show is in doubt',
    },
    ...guardOptions,
    ...unusualOption,
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 resume --latest', 'Go on with the latest run'],
    ['$0 resume 20260901T020000000Z-nightly', 'Go on with a run by its id'],
  ],
  ofStore: 'named',
  handler: async (args, name) => await (await import('../handlers/resume.ts')).resumeRun(args, name),
})
