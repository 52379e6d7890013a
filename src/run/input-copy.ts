import { createHash } from 'node:crypto'
import { constants, createReadStream, createWriteStream, openSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CannotWrite } from '../files/cannot-write.ts'
import { syncPath } from '../files/sync-path.ts'
import { parseSystemError } from '../files/system-error.ts'
import type { InputFormat } from '../input/row.ts'
import { Refusal } from '../messages/known-error.ts'
import { RunStopped } from '../messages/stop.ts'

/** The copy of an input. */
export interface InputCopy {
  /** Name in the run directory. */
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Copies the input into the run directory byte for byte, synced.
 *
 * @param source a path, or `-` for standard input
 * @param signal ends the copying, as when nobody writes to a pipe
 * @throws KnownError when it can't be read or written, RunStopped when the signal ends it
 */
export async function copyInput(
  source: string,
  directory: string,
  name: string,
  signal?: AbortSignal,
): Promise<InputCopy> {
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const target = join(directory, name)
  try {
    const to = createWriteStream(target, { mode: 0o600 })
    await pipeline(streamOf(source), meter, to, signal === undefined ? {} : { signal })
    await syncPath(target)
    await syncPath(directory)
  } catch (error) {
    if (signal?.aborted === true) throw new RunStopped()
    const { code, path, syscall } = error as NodeJS.ErrnoException
    // An error while reading names no path.
    if (path === source || code === 'EISDIR' || syscall === 'read') throw cannotRead(source, error)
    throw CannotWrite.of(target, error)
  }
  return { file: name, sha256: hash.digest('hex'), bytes }
}

function streamOf(source: string): Readable {
  if (source === '-') return process.stdin
  // To open a named pipe as a file waits until somebody writes to it, and not even a signal ends the process then. On
  // other systems a pipe that is opened without waiting seems to be at its end.
  if (process.platform !== 'linux' || statSync(source).isFIFO() === false) return createReadStream(source)
  const fd = openSync(source, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

/** Renames the copy so that its name shows the format. */
export async function nameInputCopy(
  directory: string,
  copy: InputCopy,
  format: InputFormat,
): Promise<InputCopy> {
  const file = `input.${format}`
  await rename(join(directory, copy.file), join(directory, file))
  await syncPath(directory)
  return { ...copy, file }
}

function cannotRead(source: string, cause: unknown): Refusal {
  return new Refusal(
    `The input ${source} can't be read: ${parseSystemError(cause)?.why ?? String(cause)}.`,
    'Check the path; - reads standard input.',
    cause,
  )
}
