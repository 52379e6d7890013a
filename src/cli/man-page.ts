import { type Command, nameOf } from './command.ts'
import { commands } from './commands.ts'
import { programVersion } from './version.ts'

/**
 * The manual page of the program, as roff: every command with its flags and examples, from the same data as `--help`.
 */
export function manPage(): string {
  return `${[
    `.TH OKTA\\-LIFECYCLE 1 "" "okta\\-lifecycle ${roff(programVersion)}" "User Commands"`,
    '.SH NAME',
    'okta\\-lifecycle \\- carry out Okta user lifecycle actions in bulk',
    '.SH SYNOPSIS',
    '.B okta\\-lifecycle',
    '.I COMMAND',
    '[\\fIARGUMENT\\fR] [\\fIFLAGS\\fR]',
    '.SH DESCRIPTION',
    'Reads users and actions from CSV, JSON or Excel, calls Okta within a share of its rate limits, keeps a journal of all that',
    'was sent, and reports a result for every user. Settings of the org come from',
    '.BR OKTA_CLIENT_ORGURL ,',
    '.B OKTA_CLIENT_TOKEN',
    'and the other variables that clients of Okta read, or from okta.yaml; run',
    '.B okta\\-lifecycle doctor',
    'to see which apply.',
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    ...exitStatus.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
  ].join('\n')}\n`
}

const exitStatus: readonly (readonly [string, string])[] = [
  ['0', 'everything succeeded, was unchanged, or was skipped as asked'],
  ['1', 'finished, but something failed, is in doubt or was skipped for a reason that someone must look at'],
  ['2', 'refused before its work began; nothing was sent'],
  [
    '3',
    'stopped by a guard, by too many failures, or because the disk, the network or Okta was not available',
  ],
  ['4', 'stopped: Okta refused the credentials or the permission'],
  ['5', 'another process holds this run or this job'],
  ['129, 130, 141, 143', 'interrupted, after everything known was written; resume goes on'],
]

function section(command: Command): readonly string[] {
  const { usage, describe, positional, options, examples, notes = [], exits = [] } = command
  return [
    `.SS ${roff(usage)}`,
    ...[describe, ...notes].map((text) => `${roff(text)}.`),
    ...(positional === null ? [] : ['.TP', `.I ${roff(positional.name)}`, `${roff(positional.describe)}.`]),
    ...Object.entries(options).flatMap(([flag, { type, describe: does, choices }]) => [
      '.TP',
      type === 'boolean'
        ? `.B \\-\\-${roff(flag)}`
        : `.BI \\-\\-${roff(flag)} " ${roff(String(type ?? 'value').toUpperCase())}"`,
      `${roff(String(does ?? ''))}${choices === undefined ? '' : `: ${roff(choices.join(', '))}`}.`,
    ]),
    ...(examples.length === 0 ? [] : ['.PP', `Examples of ${roff(nameOf(command))}:`]),
    ...examples.flatMap(([text, does]) => [
      '.TP',
      `.B ${roff(text.replaceAll('$0', 'okta-lifecycle'))}`,
      `${roff(does)}.`,
    ]),
    ...(exits.length === 0 ? [] : ['.PP', `Exit status of ${roff(nameOf(command))}:`]),
    ...exits.flatMap(([status, meaning]) => ['.TP', `.B ${status}`, roff(meaning)]),
  ]
}

/** A text for roff: no line begins with a control character, and dashes stay dashes. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(['.])/gm, '\\&$1')
}
