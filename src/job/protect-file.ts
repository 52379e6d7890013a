import { readFile } from 'node:fs/promises'
import { Refusal } from '../messages/known-error.ts'

/**
 * Reads the entries of a `protect_file`: one id, login, short name or pattern per line. Blank lines and lines that
 * begin with `#` don't count.
 *
 * @throws Refusal when it can't be read: a list of people who must not be touched is never treated as empty
 */
export async function readProtectFile(path: string): Promise<readonly string[]> {
  const next = 'Correct guards.protect_file in the job file, or the file itself.'
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    const why =
      error instanceof TypeError ? 'it is not UTF-8' : error instanceof Error ? error.message : error
    throw new Refusal(`The list of protected users ${path} can't be read: ${why}.`, next, error)
  }
  const entries = text
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
  if (entries.length > 0) return entries
  throw new Refusal(
    `The list of protected users ${path} contains no entry, so it would protect nobody.`,
    next,
  )
}
