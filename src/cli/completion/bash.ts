import type { CommandWords, Values } from './words.ts'

/** The script for bash, 3.2 and later. */
export function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  return `# Completion of okta-lifecycle for bash. To use it: source <(okta-lifecycle completion bash)

_okta_lifecycle_words() { COMPREPLY=($(compgen -W "$1" -- "$2")); }

_okta_lifecycle_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$2"))
  compopt -o filenames 2>/dev/null
}

_okta_lifecycle_runs() {
  local index runs=runs ids= path
  for ((index = 1; index < COMP_CWORD; index++)); do
    [[ \${COMP_WORDS[index]} == --runs-dir ]] && runs=\${COMP_WORDS[index + 1]}
  done
  for path in "$runs"/*/run.json; do
    [[ -e $path ]] || continue
    path=\${path%/run.json}
    # A name that is not a run id might be more than one word to the shell.
    [[ \${path##*/} =~ ^[A-Za-z0-9._-]+$ ]] || continue
    ids+=" \${path##*/}"
  done
  _okta_lifecycle_words "$ids" "$1"
}

_okta_lifecycle() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _okta_lifecycle_words '${names} --help --version' "$word"
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]} $word" in
${commands.flatMap(wordCases).join('\n')}
  esac
}

complete -F _okta_lifecycle okta-lifecycle
`
}

function valueCases({ name, flags }: CommandWords): readonly string[] {
  return flags
    .filter(({ values }) => values.kind !== 'none')
    .map(({ flag, values }) => `    '${name} ${flag}') ${complete(values)}; return ;;`)
}

function wordCases({ name, flags, argument }: CommandWords): readonly string[] {
  const words = flags.map(({ flag }) => flag).join(' ')
  return [
    `    '${name} -'*) _okta_lifecycle_words '${words}' "$word" ;;`,
    `    '${name} '*) ${complete(argument)} ;;`,
  ]
}

function complete(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `_okta_lifecycle_words '${values.choices.join(' ')}' "$word"`
    case 'file':
      return '_okta_lifecycle_files -f "$word"'
    case 'directory':
      return '_okta_lifecycle_files -d "$word"'
    case 'run':
      return '_okta_lifecycle_runs "$word"'
    case 'text':
    case 'none':
      return ':'
  }
}
