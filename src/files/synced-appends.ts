import { fstatSync, writeSync, writevSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Elsewhere } from './elsewhere.ts'

interface Append<Mark> {
  readonly mark: Mark
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Makes sure by a look now that a holder may write. */
export async function confirmed(fence: Fence): Promise<void> {
  await (fence.confirm === undefined ? fence.ensure() : fence.confirm())
}

/** Keeps a process that has lost its hold from writing. */
export interface Fence {
  /** Whether the holder may write now. */
  readonly valid: boolean
  /** Makes sure that it may write, and throws if it may not. */
  ensure(): Promise<void>
  /** The same, but by a look now, whenever the last one was; absent where {@link ensure} always looks. */
  confirm?(): Promise<void>
  /** Where everything must be kept before it is written here; absent if this is its only place. */
  readonly elsewhere?: Elsewhere | undefined
  /** Ends the hold at once, because another process certainly works on what it holds; absent where nothing is held. */
  readonly lose?: (() => void) | undefined
}

/** Somebody has cut the file short since the last write: what was there is gone. */
export class CutShort extends Error {}

/** Somebody else has written to the file since the last write: two processes work on it. */
export class WrittenElsewhere extends Error {}

/** The fence for files that need no hold. */
export const noFence: Fence = { valid: true, ensure: async () => {} }

/**
 * Appends to a file durably. All appends during a sync share the next sync, so that many appends cost few syncs. Once a
 * write fails, every later append fails too.
 *
 * Two processes can come to work on one file where a person has removed the hold of one. For a file whose end is known:
 *
 * 1. Nothing of the other is overwritten: the system itself puts each write at the end.
 * 2. An append resolves only if its bytes follow directly on what was known here. So of two that go on from the same
 *    place, in the same moment, at most one resolves.
 * 3. What was written after the other's bytes is taken back, so that the file stays as the other knows it.
 */
export class SyncedAppends<Mark> {
  readonly #file: FileHandle
  readonly #toFailure: (cause: unknown) => Error
  readonly #fence: Fence
  readonly #onSynced: (mark: Mark) => void
  /** The end of the written part; null if others may append as well. */
  #written: number | null
  #waiting: Buffer[] = []
  #appends: Append<Mark>[] = []
  #synced: Mark
  #writing: Promise<void> | null = null
  #failure: Error | null = null

  /**
   * @param file opened for appending: the system itself puts each write at the end
   * @param end where the next byte goes; null for a file to which others may append as well
   * @param mark what {@link synced} is before anything is appended
   * @param toFailure what to throw for a write that failed
   * @param fence checked before each write
   * @param onSynced called once a write is on disk, with the mark of its last append, before any append resolves
   */
  constructor(
    file: FileHandle,
    end: number | null,
    mark: Mark,
    toFailure: (cause: unknown) => Error,
    fence: Fence = noFence,
    onSynced: (mark: Mark) => void = () => {},
  ) {
    this.#onSynced = onSynced
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

  /** The mark of the last append that is on disk. A crash may tear anything after it. */
  get synced(): Mark {
    return this.#synced
  }

  /** Appends bytes. Resolves when they are on disk; rejects if they can't be written. */
  append(bytes: Buffer, mark: Mark): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#waiting.push(bytes)
    const durable = new Promise<void>((resolve, reject) => {
      this.#appends.push({ mark, resolve, reject })
    })
    this.#writing ??= this.#write()
    return durable
  }

  /** Makes all waiting and later appends fail: the file must not be written any more. */
  fail(cause: Error): void {
    this.#failure ??= cause
  }

  /**
   * Waits for all appends and closes the file. Whatever is appended after that fails at once: whoever were to take it for
   * written would know more than the file.
   */
  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing
    this.#failure ??= this.#toFailure(new Error('It is closed.'))
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // Lets all appends of this turn share the first sync.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#appends.length > 0) {
      const appends = this.#appends
      const waiting = this.#waiting
      this.#appends = []
      this.#waiting = []
      try {
        if (this.#failure !== null) throw this.#failure
        if (!this.#fence.valid) await this.#fence.ensure()
        this.#checkSize()
        await this.#makeDurable(waiting)
        const last = appends.at(-1)
        if (last !== undefined) this.#onSynced(last.mark)
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

  async #makeDurable(pieces: readonly Buffer[]): Promise<void> {
    const { elsewhere } = this.#fence
    if (elsewhere !== undefined && this.#written !== null) {
      await elsewhere.append(this.#written, Buffer.concat(pieces))
      this.#writeAll(pieces)
    } else {
      this.#writeAll(pieces)
      await this.#file.datasync()
    }
    try {
      // Another process may have written since the look before the write, or during the sync.
      this.#checkSize()
    } catch (error) {
      // What can't be taken back damages the file, and whoever goes on with it notices.
      if (error instanceof WrittenElsewhere) await this.#takeBack(Buffer.concat(pieces)).catch(() => {})
      throw error
    }
  }

  /** Checks that nobody has cut the file short, or written to it: whoever has may act on what is not known here. */
  #checkSize(): void {
    if (this.#written === null) return
    const { size } = fstatSync(this.#file.fd)
    if (size < this.#written) throw new CutShort()
    if (size > this.#written) throw new WrittenElsewhere()
  }

  /**
   * Passes the bytes to the system, which keeps them in memory. That takes microseconds. Waiting for a thread to do it
   * would take a millisecond, while calls hold their slots. Only the sync that follows takes long.
   */
  #writeAll(pieces: readonly Buffer[]): void {
    const written = this.#advance(writevSync(this.#file.fd, pieces))
    const total = pieces.reduce((sum, { length }) => sum + length, 0)
    if (written === total) return
    const rest = Buffer.concat(pieces).subarray(written)
    for (let done = 0; done < rest.length; ) {
      done += this.#advance(writeSync(this.#file.fd, rest, done, rest.length - done))
    }
  }

  /**
   * Takes back what was written after another process's bytes: nothing was done on the strength of it. What is followed
   * by the other's bytes stays. Meanwhile the other writes nothing, because the file has not the length that it knows.
   */
  async #takeBack(bytes: Buffer): Promise<void> {
    const { size } = await this.#file.stat()
    const start = size - bytes.length
    if (this.#written === null || size <= this.#written) return
    const { buffer } = await this.#file.read(Buffer.alloc(bytes.length), 0, bytes.length, start)
    if (buffer.equals(bytes)) await this.#file.truncate(start)
  }

  #advance(count: number): number {
    if (this.#written !== null) this.#written += count
    return count
  }
}
