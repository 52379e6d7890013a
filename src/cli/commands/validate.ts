import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption } from '../options.ts'

export const validateCommand = defineCommand({
  usage: 'validate [input]',
  describe: 'Check a job file and an input; nothing is sent',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: { ...inputOptions, ...jsonOption },
  examples: [
    ['$0 validate --job jobs/offboarding.yaml', 'Check a job and its input'],
    ['$0 validate leavers.csv --action suspend', 'Check a file'],
  ],
  handler: async (args, input) => await (await import('../handlers/validate.ts')).validateInput(args, input),
})
