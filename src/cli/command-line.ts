import yargs from 'yargs'
import { type ExitCode, exitCodes, type KnownError, Refusal } from '../messages/known-error.ts'
import type { Command } from './command.ts'
import { programVersion } from './version.ts'

/** The commands. Each is loaded only when it is called, so that a run does not wait for the sandbox's modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  retry: async () => (await import('./commands/retry.ts')).retryCommand,
  undo: async () => (await import('./commands/undo.ts')).undoCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  'verify-journal': async () => (await import('./commands/verify-journal.ts')).verifyJournalCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  validate: async () => (await import('./commands/validate.ts')).validateCommand,
  sandbox: async () => (await import('./commands/sandbox.ts')).sandboxCommand,
}

/** The command that the command line begins with. If it begins with none: all of them, for help and for errors. */
async function wantedCommands([first = '']: readonly string[]): Promise<readonly Command[]> {
  const load = Object.hasOwn(commands, first) ? commands[first] : undefined
  const wanted = load === undefined ? Object.values(commands) : [load]
  return await Promise.all(wanted.map((load) => load()))
}

/** yargs does not pass a bare `-` to a positional, so it travels under this name. */
const standardInput = '\u0000standard-input'

/** The error that ends parsing when the command line is wrong. */
function usageError(message: string): KnownError {
  return new Refusal(message, 'okta-lifecycle --help, or okta-lifecycle COMMAND --help')
}

function addCommand(cli: ReturnType<typeof yargs>, command: Command, finish: (code: ExitCode) => void): void {
  cli.command(
    command.usage,
    command.describe,
    (builder) => {
      const { positional } = command
      if (positional !== null) {
        builder.positional(positional.name, { type: 'string', describe: positional.describe })
      }
      for (const [text, does] of command.examples) builder.example(text, does)
      return builder.options(command.options)
    },
    async (args) => {
      const { positional } = command
      const value = positional === null ? undefined : args[positional.name]
      const restored = value === standardInput ? '-' : value
      refuseRepeated(command, args)
      finish(await command.run(positional === null ? args : { ...args, [positional.name]: restored }))
    },
  )
}

/** Refuses two values for an option that takes one, instead of guessing which of them is meant. */
function refuseRepeated(command: Command, args: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(command.options)) {
    if (option.array !== true && Array.isArray(args[name]))
      throw usageError(`--${name} was given more than once.`)
  }
}

/**
 * Carries out a command line.
 *
 * @param argv the arguments, without the program
 * @param finish called with the exit code of the command
 * @throws KnownError when the command line can't be understood, and what the command throws
 */
export async function runCommandLine(argv: readonly string[], columns: number): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const finish = (ended: ExitCode): void => {
    code = ended
  }
  const cli = yargs(argv.map((text) => (text === '-' ? standardInput : text)))
    .scriptName('okta-lifecycle')
    .usage('$0 <command>\n\nCarries out Okta user lifecycle actions in bulk.')
    .demandCommand(
      1,
      'A command was expected: run, plan, resume, retry, undo, status, verify-journal, doctor, validate or sandbox.',
    )
    .strict()
    .version(programVersion)
    .help()
    .wrap(Math.min(120, columns))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // A YError is yargs' own and concerns the command line. Any other error comes from a command.
      if (error !== undefined && error.name !== 'YError') throw error
      throw usageError(error?.message ?? message ?? 'The command line could not be understood.')
    })
  for (const command of await wantedCommands(argv)) addCommand(cli, command, finish)
  await cli.parseAsync()
  return code
}
