import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openRegular } from '../files/read-regular.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import type { TaskResult } from '../rules/result.ts'
import type { Position } from './journal.ts'
import { isUndamaged, resultOfLine } from './journal-line.ts'
import { damagedAdvice, ownAdvice } from './journal-reader.ts'

const blockBytes = 256 * 1024

/**
 * Reads single results back from the journal, by the place of their lines. Results are nearly in the order of the
 * input, so one block in memory answers most reads.
 */
export class ResultReader {
  readonly #path: string
  readonly #file: FileHandle
  #block: Buffer = Buffer.alloc(0)
  #blockStart = 0

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  static async open(journalPath: string): Promise<ResultReader> {
    return new ResultReader(journalPath, await openRegular(journalPath))
  }

  /**
   * The result at a place. Its line must have been checked or written before.
   *
   * @throws KnownError when the line is not as it was then: something else has written into the journal
   */
  async read(position: Position): Promise<TaskResult> {
    const bytes = this.#held(position) ?? (await this.#load(position))
    if (!isUndamaged(bytes)) throw damagedSince(this.#path, position)
    const result = resultOfLine(bytes.toString('utf8'))
    if (result === null) throw new Error(`There is no result at byte ${position.offset} of the journal.`)
    return result
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** The bytes, if the block in memory has them; otherwise null. */
  #held({ offset, length }: Position): Buffer | null {
    const start = offset - this.#blockStart
    if (start < 0 || start + length > this.#block.length) return null
    return this.#block.subarray(start, start + length)
  }

  async #load({ offset, length }: Position): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.max(blockBytes, length))
    let filled = 0
    while (filled < buffer.length) {
      const { bytesRead } = await this.#file.read(buffer, filled, buffer.length - filled, offset + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    this.#block = buffer.subarray(0, filled)
    this.#blockStart = offset
    return this.#block.subarray(0, length)
  }
}

function damagedSince(path: string, { offset }: Position): KnownError {
  return new KnownError(
    `The journal is damaged at byte ${offset}: the result there is not as it was written (${path}). Something else has written into the file while the run was at work.`,
    `${damagedAdvice} ${ownAdvice(dirname(path))}`,
    exitCodes.stoppedByGuard,
  )
}
