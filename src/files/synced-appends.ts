import { writeSync, writevSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

interface Append<Mark> {
  readonly mark: Mark
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What keeps a process that has lost its hold from writing. */
export interface Fence {
  /** Whether the holder may write at this moment. */
  readonly valid: boolean
  /** Makes sure of it, and throws where it may not. */
  ensure(): Promise<void>
}

/** For files that need no hold. */
export const noFence: Fence = { valid: true, ensure: async () => {} }

/**
 * Appends to a file durably. All that is appended while a sync is under way shares the next one, so that many appends
 * cost few syncs. Once a write fails, all that comes fails.
 */
export class SyncedAppends<Mark> {
  readonly #file: FileHandle
  readonly #toFailure: (cause: unknown) => Error
  readonly #fence: Fence
  /** Up to where the file is written; null where the system appends by itself. */
  #written: number | null
  #waiting: Buffer[] = []
  #appends: Append<Mark>[] = []
  #synced: Mark
  #writing: Promise<void> | null = null
  #failure: Error | null = null

  /**
   * @param end where the next byte goes; null for a file that was opened for appending
   * @param mark what {@link synced} is before anything is appended
   * @param toFailure what to throw for a write that failed
   * @param fence asked before each write
   */
  constructor(
    file: FileHandle,
    end: number | null,
    mark: Mark,
    toFailure: (cause: unknown) => Error,
    fence: Fence = noFence,
  ) {
    this.#file = file
    this.#fence = fence
    this.#synced = mark
    this.#written = end
    this.#toFailure = toFailure
  }

  /** Set once a write has failed. */
  get failure(): Error | null {
    return this.#failure
  }

  /** The mark of the last append that is on disk: what is written after it may be torn by a crash. */
  get synced(): Mark {
    return this.#synced
  }

  /** Appends bytes; resolves when they are on disk, rejects where they can't be written. */
  append(bytes: Buffer, mark: Mark): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#waiting.push(bytes)
    const durable = new Promise<void>((resolve, reject) => {
      this.#appends.push({ mark, resolve, reject })
    })
    this.#writing ??= this.#write()
    return durable
  }

  /** Waits for all that was appended, and closes the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // Let all that is appended in this turn share the first sync.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#appends.length > 0) {
      const appends = this.#appends
      const waiting = this.#waiting
      this.#appends = []
      this.#waiting = []
      try {
        if (this.#failure !== null) throw this.#failure
        if (!this.#fence.valid) await this.#fence.ensure()
        this.#writeAll(waiting)
        await this.#file.datasync()
        for (const { mark, resolve } of appends) {
          this.#synced = mark
          resolve()
        }
      } catch (error) {
        this.#failure ??= this.#toFailure(error)
        for (const append of appends) append.reject(this.#failure)
      }
    }
    this.#writing = null
  }

  /**
   * Hands the bytes to the system, which keeps them in memory: that takes microseconds. Waiting for a thread to do it
   * would take a millisecond of the time in which calls hold their slots. The sync that follows is what takes time.
   */
  #writeAll(pieces: readonly Buffer[]): void {
    const written = this.#advance(writevSync(this.#file.fd, pieces, this.#written ?? undefined))
    const total = pieces.reduce((sum, { length }) => sum + length, 0)
    if (written === total) return
    const rest = Buffer.concat(pieces).subarray(written)
    for (let done = 0; done < rest.length; ) {
      done += this.#advance(writeSync(this.#file.fd, rest, done, rest.length - done, this.#written))
    }
  }

  #advance(count: number): number {
    if (this.#written !== null) this.#written += count
    return count
  }
}
