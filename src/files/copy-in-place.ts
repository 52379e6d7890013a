import { randomUUID } from 'node:crypto'
import { copyFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from './cannot-write.ts'
import { syncPath } from './sync-path.ts'

/**
 * Puts a copy of a file in its place, so that a process which still has the old one open can change nothing in it any
 * more: what it writes goes to a file that has no name.
 *
 * @throws CannotWrite where the system refuses it
 */
export async function copyInPlace(path: string): Promise<void> {
  const copy = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    await copyFile(path, copy)
    await syncPath(copy)
    await rename(copy, path)
    await syncPath(dirname(path))
  } catch (error) {
    throw CannotWrite.of(path, error)
  }
}
