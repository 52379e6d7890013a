import { nameOf } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'

/** The command lines of okta-lifecycle in a text, each up to what a shell does with it. */
export function commandLinesIn(text: string): readonly string[] {
  return [
    ...text
      .replaceAll('\\\n', ' ')
      .matchAll(/(?<![\w./@+-])okta-lifecycle (?=[a-z]|--help|--version)([^\n|;&()<>]*)/g),
  ].map(([, line = '']) => line.replace(/ 2$| #.*$/, '').trim())
}

/** What is wrong with a command line: a command, flag or value that the program does not have; null if nothing is. */
export function faultOf(line: string): string | null {
  const [name = '', ...words] = (line.replaceAll(/\[\w+\]/g, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(
    (word) => word.replaceAll(/^['"]|['"]$/g, ''),
  )
  if (/^--(help|version)$/.test(name)) return null
  const command = commands.find((one) => nameOf(one) === name)
  if (command === undefined) return `there is no command ${name}`
  let positionals = 0
  while (words.length > 0) {
    const [flag = '', given] = (words.shift() ?? '').split(/=(.*)/s)
    if (!flag.startsWith('--')) {
      if (flag === '…') continue
      positionals += 1
      continue
    }
    if (flag === '--help') continue
    const option = command.options[flag.replace(/^--(no-)?/, '')] ?? command.options[flag.slice(2)]
    if (option === undefined) return `${name} has no flag ${flag}`
    if (option.type === 'boolean') continue
    const value = given ?? words.shift()
    if (value === undefined || value.startsWith('--')) return `${name} ${flag} needs a value`
    const { choices } = option
    if (choices !== undefined && !value.split('|').every((one) => choices.includes(one)))
      return `${name} ${flag} does not take ${value}`
  }
  return positionals > (command.positional === null ? 0 : 1)
    ? `${name} takes no ${positionals} arguments`
    : null
}
