import { lstat, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { exitCodes, KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { digestFile } from './digest-file.ts'

/**
 * Gives a finished zip its name. Nothing that has the name already is replaced, not even a link that leads nowhere; a
 * file with the same bytes is left as it is.
 *
 * @param draft the zip under another name in the same directory; it is gone afterwards
 * @throws Refusal when something else has the name, CannotWrite when the system refuses it
 */
export async function putInPlace(draft: string, path: string): Promise<void> {
  try {
    const found = await whatIsAt(path)
    if (found === null) await rename(draft, path)
    else if (found !== 'a file' || !(await isSame(path, draft)))
      throw new Refusal(
        `${path} exists already${found === 'a file' ? '' : ` (${found})`}, and is not the evidence of this run in its present state. It was left as it is.`,
        `Move it away, or name another file: --out ${shellWord(`new-${basename(path)}`)}`,
      )
  } catch (error) {
    throw error instanceof KnownError ? error : cannotWriteZip(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

/** The error of a zip that the system refuses. */
export function cannotWriteZip(path: string, error: unknown): CannotWrite {
  // The draft has a name that nobody has given it.
  const cause = error instanceof CannotWrite ? error.cause : error
  return CannotWrite.of(path, cause).so(
    ', or name another file with --out, then try again.',
    exitCodes.nothingSent,
  )
}

type Found = 'a file' | 'a directory' | 'a link to nothing' | 'not a regular file'

/** What has a name, followed through links; null if nothing has it. Throws what the system reports. */
async function whatIsAt(path: string): Promise<Found | null> {
  if (!(await isThere(() => lstat(path)))) return null
  if (!(await isThere(() => stat(path)))) return 'a link to nothing'
  const found = await stat(path)
  if (found.isFile()) return 'a file'
  return found.isDirectory() ? 'a directory' : 'not a regular file'
}

async function isThere(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return false
    throw error
  }
}

async function isSame(some: string, other: string): Promise<boolean> {
  return (await digestFile(some)).sha256 === (await digestFile(other)).sha256
}
