import { type FileHandle, open } from 'node:fs/promises'
import type { TaskResult } from '../rules/result.ts'
import type { Position } from './journal.ts'
import { resultOfLine } from './journal-line.ts'

const blockBytes = 256 * 1024

/**
 * Reads results back from the journal, one at a time, by where their lines stand. Results stand nearly in the order of
 * the input, so one block held in memory answers most reads.
 */
export class ResultReader {
  readonly #file: FileHandle
  #block: Buffer = Buffer.alloc(0)
  #blockStart = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(journalPath: string): Promise<ResultReader> {
    return new ResultReader(await open(journalPath, 'r'))
  }

  /** The result whose line stands there. Its line must have been read or written as sound before. */
  async read(position: Position): Promise<TaskResult> {
    const bytes = this.#held(position) ?? (await this.#load(position))
    const result = resultOfLine(bytes.toString('utf8'))
    if (result === null) throw new Error(`No result stands at byte ${position.offset} of the journal.`)
    return result
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** The bytes, where the block in memory has them. */
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
