import { commands } from '../commands.ts'
import { commandsPart } from './commands-part.ts'
import { jobKeysPart } from './job-keys-part.ts'

/** The pages of `docs/` with a part that is generated from the program's own data. */
export const generatedPages: ReadonlyMap<string, () => string> = new Map([
  ['commands.md', () => commandsPart(commands)],
  ['job-file.md', jobKeysPart],
])

const begin = '<!-- From here on made by `npm run docs`. -->'
const end = '<!-- Up to here. -->'

/**
 * A page with its generated part replaced. What is before and after that part stays as it is.
 *
 * @throws Error for a page without the two marks
 */
export function withPart(page: string, part: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error(`The page needs the lines ${begin} and ${end}.`)
  return `${page.slice(0, from)}${begin}\n\n${part}\n\n${page.slice(to)}`
}
