import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from './cannot-write.ts'
import { syncPath } from './sync-path.ts'

/**
 * A file that takes its place only once it is whole: written beside it under a temporary name, on disk before it is
 * renamed. Whoever reads the path sees the old file or the new one, never a part. Its mode is 0600.
 */
export interface ReplacingFile {
  /** Appends a text as UTF-8; resolves once the system has taken it. */
  write(text: string): Promise<void>
  /** Syncs the file and puts it in its place. */
  commit(): Promise<void>
  /** Takes the temporary file away; the path stays as it was. Does nothing after `commit`. */
  discard(): Promise<void>
}

/** Starts a file that will replace `path`. All its errors are a {@link CannotWrite} that names the path. */
export async function openReplacingFile(path: string): Promise<ReplacingFile> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  const handle = await orCannotWrite(path, () => open(temporary, 'wx', 0o600))
  let committed = false
  return {
    write: (text) => orCannotWrite(path, () => handle.appendFile(text)),
    commit: () =>
      orCannotWrite(path, async () => {
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
        committed = true
        await syncPath(dirname(path))
      }),
    discard: async () => {
      if (committed) return
      await closeQuietly(handle)
      await removeQuietly(temporary)
    },
  }
}

/** Writes a small file whole, as {@link openReplacingFile} does. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await openReplacingFile(path)
  try {
    await file.write(text)
    await file.commit()
  } finally {
    await file.discard()
  }
}

async function orCannotWrite<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw CannotWrite.of(path, error)
  }
}

async function closeQuietly(handle: FileHandle): Promise<void> {
  try {
    await handle.close()
  } catch {
    // Already closed, or the failure that led here: that one is told.
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch {
    // What can't be written can't be taken away either: that it can't be written is told.
  }
}
