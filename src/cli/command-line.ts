import yargs from 'yargs'
import { type ExitCode, exitCodes, type KnownError, Refusal } from '../messages/known-error.ts'
import { unlessSecret } from '../messages/secret-like.ts'
import { type Command, nameOf } from './command.ts'
import { commands } from './commands.ts'
import { storeVariable } from './store-variable.ts'
import { describeVersion } from './version.ts'

/** yargs does not pass a bare `-` to a positional, so it travels under this name. */
const standardInput = '\u0000standard-input'

/** The error that ends parsing when the command line is wrong. */
function usageError(message: string): KnownError {
  return new Refusal(message, 'okta-lifecycle --help, or okta-lifecycle COMMAND --help')
}

/**
 * Thrown to leave yargs with the chosen command. If a handler returned, yargs would render the whole help after it,
 * just in case: that takes longer than loading everything else.
 */
class Chosen extends Error {
  readonly run: () => Promise<ExitCode>

  constructor(run: () => Promise<ExitCode>) {
    super('A command was chosen.')
    this.run = run
  }
}

/** @throws Chosen from yargs' parse when the command line calls this command */
function addCommand(cli: ReturnType<typeof yargs>, command: Command): void {
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
    (args) => {
      const { positional } = command
      const value = positional === null ? undefined : args[positional.name]
      const restored = value === standardInput ? '-' : value
      refuseRepeated(command, args)
      throw new Chosen(() =>
        carryOut(command, positional === null ? args : { ...args, [positional.name]: restored }),
      )
    },
  )
}

/** Carries out a command, on a working copy of a store if its runs are kept in one. */
async function carryOut(command: Command, args: Readonly<Record<string, unknown>>): Promise<ExitCode> {
  const store = args.store ?? process.env[storeVariable]
  if (command.ofStore === undefined || typeof store !== 'string' || store.trim() === '')
    return await command.run(args)
  // PostgreSQL's driver is loaded only if there is a store.
  const { inStore } = await import('./in-store.ts')
  return await inStore(store.trim(), command, args)
}

/** Refuses two values for an option that takes one, instead of guessing which of them to use. */
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
 * @param columns how wide help is printed
 * @throws KnownError when the command line can't be understood, and what the command throws
 */
export async function runCommandLine(argv: readonly string[], columns: number): Promise<ExitCode> {
  try {
    await parse(argv, columns)
  } catch (error) {
    if (error instanceof Chosen) return await error.run()
    throw error
  }
  // Help or the version was asked for, and yargs has printed it.
  return exitCodes.done
}

/** @throws Chosen when the command line calls a command */
async function parse(argv: readonly string[], columns: number): Promise<void> {
  const cli = yargs(argv.map((text) => (text === '-' ? standardInput : text)))
    .scriptName('okta-lifecycle')
    .usage('$0 <command>\n\nCarries out Okta user lifecycle actions in bulk.')
    .demandCommand(
      1,
      `A command was expected: ${commands.slice(0, -1).map(nameOf).join(', ')} or ${commands.slice(-1).map(nameOf)}.`,
    )
    .strict()
    .version(describeVersion())
    .help()
    .wrap(Math.min(120, columns))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // A YError is yargs' own and concerns the command line. Any other error comes from a command.
      if (error !== undefined && error.name !== 'YError') throw error
      const said = error?.message ?? message ?? 'The command line could not be understood.'
      // It names what was not expected, and that may be a token.
      throw usageError(said.replaceAll(/[^\s,]+/g, (word) => unlessSecret(word)))
    })
  for (const command of commands) addCommand(cli, command)
  await cli.parseAsync()
}
