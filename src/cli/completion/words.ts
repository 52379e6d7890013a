import { actionNames } from '../../okta/actions.ts'
import { type Command, nameOf } from '../command.ts'

/** The shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** What may follow a flag, or be the argument of a command. */
export type Values =
  | { readonly kind: 'none' | 'text' | 'file' | 'directory' | 'run' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

/** A flag as it is typed, with its two dashes. */
interface FlagWords {
  readonly flag: string
  readonly describe: string
  readonly values: Values
}

/** What a shell has to know about a command. */
export interface CommandWords {
  readonly name: string
  readonly describe: string
  readonly argument: Values
  readonly flags: readonly FlagWords[]
}

const files: ReadonlySet<string> = new Set(['job', 'out', 'plan', 'seed'])
const directories: ReadonlySet<string> = new Set(['runs-dir'])

const helpFlag: FlagWords = { flag: '--help', describe: 'Show help', values: { kind: 'none' } }

/** What a shell has to know about the commands. */
export function wordsOf(commands: readonly Command[]): readonly CommandWords[] {
  return commands.map((command) => ({
    name: nameOf(command),
    describe: command.describe,
    argument: argumentOf(command),
    flags: [...Object.entries(command.options).flatMap(flagsOf), helpFlag],
  }))
}

function argumentOf({ positional }: Command): Values {
  switch (positional?.name) {
    case undefined:
      return { kind: 'none' }
    case 'run':
      return { kind: 'run' }
    case 'shell':
      return { kind: 'choice', choices: shells }
    default:
      return { kind: 'file' }
  }
}

type Option = Command['options'][string]

function flagsOf([name, option]: readonly [string, Option]): readonly FlagWords[] {
  const describe = String(option.describe ?? '')
  const values = valuesOf(name, option)
  if (values.kind !== 'none') return [{ flag: `--${name}`, describe, values }]
  const off = { flag: `--no-${name}`, describe, values }
  if (option.default === true) return [off]
  const on = { flag: `--${name}`, describe, values }
  return describe.includes(off.flag) ? [on, off] : [on]
}

function valuesOf(name: string, { type, choices }: Option): Values {
  if (type === 'boolean') return { kind: 'none' }
  if (name === 'action') return { kind: 'choice', choices: actionNames }
  if (choices !== undefined) return { kind: 'choice', choices: choices.map(String) }
  if (files.has(name)) return { kind: 'file' }
  return { kind: directories.has(name) ? 'directory' : 'text' }
}
