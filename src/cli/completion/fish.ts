import type { CommandWords, Values } from './words.ts'

/** The script for fish. */
export function fishScript(commands: readonly CommandWords[]): string {
  return `# Completion of okta-lifecycle for fish. To use it: okta-lifecycle completion fish > ~/.config/fish/completions/okta-lifecycle.fish

function __okta_lifecycle_runs
    set -l runs runs
    set -l words (commandline -opc)
    for index in (seq (count $words))
        if test "$words[$index]" = --runs-dir; and set -q words[(math $index + 1)]
            set runs $words[(math $index + 1)]
        end
    end
    for path in $runs/*/run.json
        basename (dirname $path)
    end
end

complete -c okta-lifecycle -f
complete -c okta-lifecycle -n __fish_use_subcommand -l help -d 'Show help'
complete -c okta-lifecycle -n __fish_use_subcommand -l version -d 'Show version'
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ name, describe, argument, flags }: CommandWords): readonly string[] {
  const inside = `complete -c okta-lifecycle -n '__fish_seen_subcommand_from ${name}'`
  return [
    `complete -c okta-lifecycle -n __fish_use_subcommand -a ${name} -d ${quoted(describe)}`,
    ...(argument.kind === 'none' ? [] : [`${inside} ${asArgument(argument)}`]),
    ...flags.map(
      (one) => `${inside} -l ${one.flag.slice(2)}${asValue(one.values)} -d ${quoted(one.describe)}`,
    ),
  ]
}

function asArgument(values: Values): string {
  switch (values.kind) {
    case 'run':
      return `-a '(__okta_lifecycle_runs)'`
    case 'choice':
      return `-a ${quoted(values.choices.join(' '))}`
    default:
      return '-F'
  }
}

function asValue(values: Values): string {
  switch (values.kind) {
    case 'none':
      return ''
    case 'file':
      return ' -r -F'
    case 'directory':
      return ` -x -a '(__fish_complete_directories)'`
    case 'choice':
      return ` -x -a ${quoted(values.choices.join(' '))}`
    case 'run':
    case 'text':
      return ' -x'
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
