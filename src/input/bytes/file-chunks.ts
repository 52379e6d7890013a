import { closeSync, openSync, readSync } from 'node:fs'
import { openRegular, regularChunks } from '../../files/read-regular.ts'
import { Refusal } from '../../messages/known-error.ts'
import type { InputFile } from '../input-file.ts'
import { defaultChunkBytes } from './limits.ts'

/** A file to read, and its name in messages. */
type NamedFile = Pick<InputFile, 'path' | 'name'>

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a directory'],
  ['EFTYPE', 'it is not a regular file'],
  ['EACCES', 'you are not allowed to read it'],
  ['EPERM', 'you are not allowed to read it'],
])

function unreadable({ path, name }: NamedFile, cause: unknown): Refusal {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const reason = reasons.get(code) ?? `the system says ${code}`
  const [what, next] =
    path === name
      ? [`The input ${name}`, 'Check the path and its permissions, or use - to read standard input.']
      : [
          `The copy of ${name}, ${path},`,
          'Restore the copy from a backup, and go on. A new run would repeat what is already done.',
        ]
  return new Refusal(`${what} cannot be read: ${reason}.`, next, cause)
}

/**
 * The bytes of a file from `start` (in bytes) on, in pieces of at most `chunkBytes`.
 * Throws KnownError if the file cannot be read.
 */
export async function* fileChunks(
  file: NamedFile,
  start: number,
  chunkBytes: number = defaultChunkBytes,
): AsyncGenerator<Buffer> {
  try {
    yield* regularChunks(file.path, { start, chunkBytes })
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** The first bytes of a file, at most `length` of them. Throws KnownError if the file cannot be read. */
export async function fileHead(file: NamedFile, length: number): Promise<Buffer> {
  try {
    const handle = await openRegular(file.path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

/**
 * As {@link fileHead}, for code that writes an error message and can't await anything. Null if the file cannot be read.
 */
export function fileHeadNow({ path }: Pick<NamedFile, 'path'>, length: number): Buffer | null {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const head = Buffer.alloc(length)
      return head.subarray(0, readSync(descriptor, head, 0, length, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return null
  }
}
