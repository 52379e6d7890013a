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
  const { usage, describe, positional, options, examples, notes = [], exits = [] } = command
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
    table(
      ['example', 'does'],
      examples.map(([text, does]) => [code(text.replaceAll('$0', 'okta-lifecycle')), sentence(does)]),
    ),
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

function flagOf(name: string, { type, choices, default: usual }: Option): string {
  if (type === 'boolean') return code(usual === true ? `--no-${name}` : `--${name}`)
  const value =
    type === 'number' ? 'N' : (values[name] ?? name.slice(name.lastIndexOf('-') + 1).toUpperCase())
  return code(`--${name} ${choices === undefined ? value : choices.join('|')}`)
}

/** What a flag's value is called, if not by the last word of its flag. */
const values: Readonly<Record<string, string>> = {
  job: 'FILE',
  out: 'FILE',
  plan: 'FILE',
  seed: 'FILE',
  keep: 'TIME',
}

const saidDefault = / \[default: (.+)\]$/

function meaningOf({ describe, array }: Option): string {
  const text = sentence(String(describe ?? '').replace(saidDefault, ''))
  return withFlags(array === true ? `${text} May be given several times.` : text)
}

function defaultOf({ type, describe, default: usual }: Option): string {
  const said = saidDefault.exec(String(describe ?? ''))?.[1]
  if (said !== undefined) return /^[\w.-]+$/.test(said) ? code(said) : said
  if (type === 'boolean') return usual === true ? 'on' : ''
  return usual === undefined ? '' : code(String(usual))
}

/** Flags inside of a sentence, as code. */
function withFlags(text: string): string {
  return text.replaceAll(/(?<![\w`-])--[a-z][a-z-]*/g, (flag) => code(flag))
}
