import type { InferredOptionTypes, Options } from 'yargs'
import type { ExitCode } from '../messages/known-error.ts'

/** A command as data. Only `command-line.ts` uses yargs. */
export interface Command {
  /** Name and positional arguments, as `run [input]`. */
  readonly usage: string
  readonly describe: string
  readonly positional: Positional | null
  readonly options: Readonly<Record<string, Options>>
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** Whole sentences that the help has no room for. */
  readonly notes?: readonly string[]
  /** What it needs of the runs of a store, if it takes --store; absent otherwise. */
  readonly ofStore?: NeededRuns
  /** Exit statuses with a meaning of their own here; the others mean what they mean for every command. */
  readonly exits?: readonly (readonly [status: number, meaning: string])[]
  /** Runs the command with the arguments that yargs has parsed and checked. */
  readonly run: (args: Readonly<Record<string, unknown>>) => Promise<ExitCode>
}

/**
 * What a command needs of the runs of a store in its working copy.
 * - `named`: the run that it names, or the latest, with those that it goes on from.
 * - `all`: all runs, as far as a list shows them.
 * - `history`: the `run.json` of the runs of its job.
 */
type NeededRuns = 'named' | 'all' | 'history'

/** The name of a command, as it is typed. */
export function nameOf({ usage }: Pick<Command, 'usage'>): string {
  return usage.split(' ')[0] ?? usage
}

/** The one optional positional argument that a command may have; always a string. */
interface Positional {
  readonly name: string
  readonly describe: string
}

/** Ties a command's handler to the types of its options. */
export function defineCommand<const O extends Readonly<Record<string, Options>>>(
  definition: Omit<Command, 'run' | 'options'> & {
    readonly options: O
    readonly handler: (args: InferredOptionTypes<O>, positional: string | undefined) => Promise<ExitCode>
  },
): Command {
  const { handler, ...command } = definition
  const name = command.positional?.name
  return {
    ...command,
    run: (args) => {
      const positional = name === undefined ? undefined : args[name]
      return handler(args as InferredOptionTypes<O>, typeof positional === 'string' ? positional : undefined)
    },
  }
}
