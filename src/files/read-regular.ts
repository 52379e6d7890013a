import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Opening a pipe to read would wait until somebody writes to it, for ever if nobody does. */
const withoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK

/**
 * Opens a file of ours to read. Whatever else has been put in its place, such as a pipe or a device, is refused at
 * once: it may never end, and a process that waits for it can't even be stopped by a signal.
 *
 * @param flags further flags, such as `O_NOFOLLOW`
 * @throws the system's error, with the code `EFTYPE` for what is not a regular file
 */
export async function openRegular(path: string, flags = 0): Promise<FileHandle> {
  const handle = await open(path, withoutWaiting | flags).catch((error: unknown) => {
    throw asSocket(path, error)
  })
  try {
    checkRegular(path, await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Reads a file of ours. Throws as {@link openRegular} does. */
export async function readRegular(path: string, flags = 0): Promise<string> {
  const handle = await openRegular(path, flags)
  try {
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** The same at once, for small files that are read before anything is under way. */
export function readRegularNow(path: string): string {
  let descriptor: number
  try {
    descriptor = openSync(path, withoutWaiting)
  } catch (error) {
    throw asSocket(path, error)
  }
  try {
    checkRegular(path, fstatSync(descriptor))
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** The bytes of a file of ours from `start` on, in pieces. Throws as {@link openRegular} does. */
export async function* regularChunks(
  path: string,
  { start = 0, chunkBytes = 64 * 1024 }: { readonly start?: number; readonly chunkBytes?: number } = {},
): AsyncGenerator<Buffer> {
  const fd = await openRegular(path)
  yield* createReadStream(path, { fd, start, highWaterMark: chunkBytes }) as AsyncIterable<Buffer>
}

/**
 * Checks what has been found under the name of a file of ours.
 *
 * @throws an error like the system's, with the code `EISDIR` or `EFTYPE`
 */
export function checkRegular(path: string, found: Pick<Stats, 'isFile' | 'isDirectory'>): void {
  if (!found.isFile()) throw notRegular(path, found.isDirectory() ? 'EISDIR' : 'EFTYPE')
}

function asSocket(path: string, error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code === 'ENXIO' ? notRegular(path, 'EFTYPE') : error
}

function notRegular(path: string, code: 'EISDIR' | 'EFTYPE'): Error {
  return Object.assign(new Error(`${code}: not a regular file, open '${path}'`), {
    code,
    syscall: 'open',
    path,
  })
}
