import type { FileHandle } from 'node:fs/promises'
import { openRegular } from '../files/read-regular.ts'
import type { TaskResult } from '../rules/result.ts'
import type { Position } from './journal.ts'
import { resultOfLine } from './journal-line.ts'

const blockBytes = 256 * 1024

/**
 * Reads single results back from the journal, by the place of their lines. Results are nearly in the order of the
 * input, so one block in memory answers most reads.
 */
export class ResultReader {
  readonly #file: FileHandle
  #block: Buffer = Buffer.alloc(0)
  #blockStart = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(journalPath: string): Promise<ResultReader> {
    return new ResultReader(await openRegular(journalPath))
  }

  /** The result at a place. Its line must have been checked or written before. */
  async read(position: Position): Promise<TaskResult> {
    const bytes = this.#held(position) ?? (await this.#load(position))
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
