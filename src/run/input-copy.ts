import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CannotWrite } from '../files/cannot-write.ts'
import { syncPath } from '../files/sync-path.ts'
import { parseSystemError } from '../files/system-error.ts'
import type { InputFormat } from '../input/row.ts'
import { Refusal } from '../messages/known-error.ts'

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
 * @throws KnownError when it can't be read or written
 */
export async function copyInput(source: string, directory: string, name: string): Promise<InputCopy> {
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
    const from = source === '-' ? process.stdin : createReadStream(source)
    await pipeline(from, meter, createWriteStream(target, { mode: 0o600 }))
    await syncPath(target)
    await syncPath(directory)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path === source || code === 'EISDIR') throw cannotRead(source, error)
    throw CannotWrite.of(target, error)
  }
  return { file: name, sha256: hash.digest('hex'), bytes }
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
