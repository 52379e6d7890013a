import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from './cannot-write.ts'
import { syncPath } from './sync-path.ts'

/**
 * A file that appears in its place only when it is complete. It is written in the same directory under a temporary
 * name, and is on disk before it is renamed. Readers of the path see the old file or the new one, never a part.
 */
export interface ReplacingFile {
  /** Appends bytes, or a text as UTF-8. Resolves once the system has accepted them. */
  write(content: string | Buffer): Promise<void>
  /** Syncs the file and puts it in its place. */
  commit(): Promise<void>
  /** Removes the temporary file. The path stays as it was. Does nothing after `commit`. */
  discard(): Promise<void>
}

const ownerOnly = 0o600

/**
 * Starts a file that will replace `path`. Every error is a {@link CannotWrite} that names the path.
 *
 * @param mode who may read and write it; nobody else by default
 */
export async function openReplacingFile(path: string, mode = ownerOnly): Promise<ReplacingFile> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  const handle = await orCannotWrite(path, () => open(temporary, 'wx', mode))
  // A file that others may read must be readable whatever the umask says.
  if (mode !== ownerOnly) await orCannotWrite(path, () => handle.chmod(mode))
  let committed = false
  return {
    write: (content) => orCannotWrite(path, () => handle.appendFile(content)),
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

/** Writes a small file in the same way as {@link openReplacingFile}. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const file = await openReplacingFile(path, mode)
  try {
    await file.write(text)
    await file.commit()
  } finally {
    await file.discard()
  }
}

const temporaryName = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** Whether a name is that of a temporary file: one that a writer began and has not put in its place. */
export function isBegunFile(name: string): boolean {
  return temporaryName.test(name)
}

/**
 * Removes the temporary files that writers have left in a directory. Only the directory's holder may do so. Writers
 * that died leave such files, and a writer that was only paused must not replace a new file with an old one when it
 * wakes up.
 */
export async function removeBegunFiles(directory: string): Promise<void> {
  const names = await readdir(directory)
  for (const name of names) if (isBegunFile(name)) await removeQuietly(join(directory, name))
}

/** Removes files of a directory for good. A missing file is not an error; any other error is a {@link CannotWrite}. */
export async function removeFiles(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(directory, name)
    await orCannotWrite(path, () => rm(path, { force: true }))
  }
  await orCannotWrite(directory, () => syncPath(directory))
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
    // Already closed, or closing fails for the same reason as the write, which is reported.
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch {
    // A directory that can't be written can't lose a file either. The failed write is reported.
  }
}
