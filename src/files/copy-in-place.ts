import { randomUUID } from 'node:crypto'
import { copyFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from './cannot-write.ts'
import { syncPath } from './sync-path.ts'

/**
 * Replaces a file by a copy of itself. A process that still has the old file open can no longer change the new one:
 * what it writes goes to a file without a name.
 *
 * @throws CannotWrite when the system refuses it
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
