import type { CommandWords, Values } from './words.ts'

/** The script for zsh, as a function file or to be sourced. */
export function zshScript(commands: readonly CommandWords[]): string {
  return `#compdef okta-lifecycle
# Completion of okta-lifecycle for zsh. To use it: okta-lifecycle completion zsh > DIRECTORY/_okta-lifecycle, with a
# directory of your fpath.

_okta_lifecycle_runs() {
  local -a ids
  ids=(\${\${opt_args[--runs-dir]:-runs}}/*/run.json(N:h:t))
  compadd -a ids
}

_okta_lifecycle() {
  local -a commands
  commands=(
${commands.map(({ name, describe }) => `    ${quoted(`${name}:${describe}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _okta-lifecycle ]]; then
  _okta_lifecycle "$@"
else
  compdef _okta_lifecycle okta-lifecycle
fi
`
}

function commandCase({ name, flags, argument }: CommandWords): string {
  const specs = flags.map(({ flag, describe, values }) => `${flag}[${escaped(describe)}]${after(values)}`)
  const all = argument.kind === 'none' ? specs : [`1${after(argument)}`, ...specs]
  return [`    ${name})`, `      _arguments ${all.map(quoted).join(' \\\n        ')}`, '      ;;'].join('\n')
}

/** What follows a flag or is an argument: a message, and what completes it. */
function after(values: Values): string {
  switch (values.kind) {
    case 'none':
      return ''
    case 'text':
      return ':value: '
    case 'choice':
      return `:value:(${values.choices.join(' ')})`
    case 'file':
      return ':file:_files'
    case 'directory':
      return ':directory:_files -/'
    case 'run':
      return ':run:_okta_lifecycle_runs'
  }
}

/** A description inside the brackets of a specification. */
function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
