import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../messages/known-error.ts'
import { asCannotWrite } from './cannot-write.ts'

/**
 * Does some work in a new directory that is taken away afterwards: where a command needs a copy of its input and keeps
 * nothing.
 *
 * @throws CannotWrite where the system refuses a file, with the advice that fits a temporary directory
 */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  let directory: string | null = null
  try {
    directory = await mkdtemp(join(tmpdir(), 'okta-lifecycle-'))
    return await work(directory)
  } catch (error) {
    throw (
      asCannotWrite(error)?.so(
        ', or set TMPDIR to another directory, then try again.',
        exitCodes.nothingSent,
      ) ?? error
    )
  } finally {
    if (directory !== null) await removeQuietly(directory)
  }
}

async function removeQuietly(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch {
    // What the command has to say matters more than what stays behind in a temporary directory.
  }
}
