import { type Command, nameOf } from '../command.ts'
import { code, sentence, table } from './table.ts'

type Option = Command['options'][string]

/** Every command with its usage, flags, examples and exit statuses, as Markdown, from the same data as `--help`. */
export function commandsPart(commands: readonly Command[]): string {
  const contents = commands.map((command) => [
    `[${code(nameOf(command))}](#${nameOf(command)})`,
    sentence(command.describe),
  ])
  return [table(['command', 'does'], contents), ...commands.map(section)].join('\n\n')
}

function section(command: Command): string {
  const { usage, describe, positional, options, notes = [], exits = [] } = command
  const flags = Object.entries(options)
  return [
    `## ${nameOf(command)}`,
    [describe, ...notes].map((text) => withFlags(sentence(text))).join(' '),
    ['```console', `okta-lifecycle ${usage}${flags.length === 0 ? '' : ' [flags]'}`, '```'].join('\n'),
    ...(positional === null ? [] : [`${code(positional.name)}: ${withFlags(sentence(positional.describe))}`]),
    ...(flags.length === 0
      ? []
      : [
          table(
            ['flag', 'meaning', 'default'],
            flags.map(([name, option]) => [flagOf(name, option), meaningOf(option), defaultOf(option)]),
          ),
        ]),
    examplesOf(command),
    ...(exits.length === 0
      ? []
      : [
          table(
            ['exit', 'meaning'],
            exits.map(([status, meaning]) => [String(status), meaning]),
          ),
        ]),
  ].join('\n\n')
}

/** The examples, each with what it does in a comment. */
function examplesOf({ examples }: Command): string {
  const texts = examples.map(([text]) => text.replaceAll('$0', 'okta-lifecycle'))
  const width = Math.max(...texts.map((text) => text.length))
  const lines = examples.map(([, does], index) => `${(texts[index] ?? '').padEnd(width)}  # ${does}`)
  return ['```sh', ...lines, '```'].join('\n')
}

function flagOf(name: string, { type, choices, default: usual }: Option): string {
  if (type === 'boolean') return code(usual === true ? `--no-${name}` : `--${name}`)
  const value =
    type === 'number' ? 'N' : (values[name] ?? name.slice(name.lastIndexOf('-') + 1).toUpperCase())
  return code(`--${name} ${choices === undefined ? value : choices.join('|')}`)
}

/** What a flag's value is called, if not after the last word of the flag. */
const values: Readonly<Record<string, string>> = {
  job: 'FILE',
  out: 'FILE',
  plan: 'FILE',
  seed: 'FILE',
  keep: 'TIME',
}

const saidDefault = / \[default: (.+)\]$/

const saidOff = /; --no-[a-z-]+ turns this off$/

function meaningOf({ describe, array, type, default: usual }: Option): string {
  const does = String(describe ?? '').replace(saidDefault, '')
  if (type === 'boolean' && usual === true)
    return `Turns off this default: ${withFlags(sentence(does.replace(saidOff, '')))}`
  return withFlags(array === true ? `${sentence(does)} May be given several times.` : sentence(does))
}

function defaultOf({ type, describe, default: usual }: Option): string {
  const said = saidDefault.exec(String(describe ?? ''))?.[1]
  if (said !== undefined) return /^[\w.-]+$/.test(said) ? code(said) : said
  return usual === undefined || type === 'boolean' ? '' : code(String(usual))
}

/** Marks the flags inside a sentence as code. */
function withFlags(text: string): string {
  return text.replaceAll(/(?<![\w`-])--[a-z][a-z-]*/g, (flag) => code(flag))
}
