import yargs from 'yargs'
import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import type { Command } from './command.ts'
import { programVersion } from './version.ts'

/** The commands, each loaded when it is wanted: a run does not wait for the sandbox's modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  retry: async () => (await import('./commands/retry.ts')).retryCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  'verify-journal': async () => (await import('./commands/verify-journal.ts')).verifyJournalCommand,
  validate: async () => (await import('./commands/validate.ts')).validateCommand,
  sandbox: async () => (await import('./commands/sandbox.ts')).sandboxCommand,
}

/** The command that the command line begins with; all of them where it begins with none, for help and for errors. */
async function wantedCommands([first = '']: readonly string[]): Promise<readonly Command[]> {
  const load = Object.hasOwn(commands, first) ? commands[first] : undefined
  const wanted = load === undefined ? Object.values(commands) : [load]
  return await Promise.all(wanted.map((load) => load()))
}

/** A bare `-` does not reach a positional through yargs: it travels under this name. */
const standardInput = '\u0000standard-input'

/** Thrown to end parsing where yargs has found a usage error. */
function usageError(message: string): KnownError {
  return new KnownError(message, 'okta-lifecycle --help, or okta-lifecycle COMMAND --help')
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

/** An option that takes one value and was given two: which of them was meant is not guessed. */
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
 * @param columns how wide help is printed, at most
 * @returns the exit code of the command that was carried out
 * @throws KnownError where it can't be understood, and what the command throws
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
      'A command was expected: run, plan, resume, retry, status, verify-journal, validate or sandbox.',
    )
    .strict()
    .version(programVersion())
    .help()
    .wrap(Math.min(120, columns))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs throws its own errors for what it finds while parsing; ours come from a command.
      if (error !== undefined && error.name !== 'YError') throw error
      throw usageError(error?.message ?? message ?? 'The command line could not be understood.')
    })
  for (const command of await wantedCommands(argv)) addCommand(cli, command, finish)
  await cli.parseAsync()
  return code
}
