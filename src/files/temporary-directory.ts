import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../messages/known-error.ts'
import { withNext } from './cannot-write.ts'

/**
 * Does some work in a new directory and removes it afterwards. For commands that need a copy of their input but store
 * nothing.
 *
 * @throws CannotWrite when the system refuses a file, with advice about the temporary directory
 */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  let directory: string | null = null
  try {
    directory = await mkdtemp(join(tmpdir(), 'okta-lifecycle-'))
    return await work(directory)
  } catch (error) {
    throw withNext(error, ', or set TMPDIR to another directory, then try again.', exitCodes.nothingSent)
  } finally {
    if (directory !== null) await removeQuietly(directory)
  }
}

async function removeQuietly(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch {
    // The command's answer matters more than what stays behind in a temporary directory.
  }
}
