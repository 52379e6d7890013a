import { writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { exitCodes, KnownError } from '../known-error.ts'
import type { JournalEvent } from './journal-event.ts'
import { encodeLine } from './journal-line.ts'
import type { JournalEnd } from './journal-reader.ts'

/** Thrown to all who append once the journal could not be written: nothing may be sent any more. */
export class JournalFailed extends KnownError {
  constructor(path: string, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : String(code ?? cause)
    super(
      `The journal can't be written (${why}): ${path}. Sending has stopped; what was sent and could not be recorded is settled on resume.`,
      'Make room or mend the disk, then: okta-lifecycle resume',
      exitCodes.stoppedByGuard,
      cause,
    )
    this.name = 'JournalFailed'
  }
}

interface Append {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Where a line was put. */
export interface Position {
  readonly offset: number
  readonly length: number
}

/**
 * Appends events durably. All that is appended while a sync is under way shares the next one, so that many tasks cost
 * few syncs.
 */
export class Journal {
  readonly #file: FileHandle
  readonly #path: string
  #chain: string
  /** Where the next line goes. */
  #end: number
  /** Up to where the file is written. */
  #written: number
  #lines: Buffer[] = []
  #appends: Append[] = []
  #writing: Promise<void> | null = null
  #failure: JournalFailed | null = null

  private constructor(path: string, file: FileHandle, end: JournalEnd) {
    this.#path = path
    this.#file = file
    this.#chain = end.chain
    this.#end = end.soundBytes
    this.#written = end.soundBytes
  }

  /** Opens a journal for appending after its last sound line; a torn tail is cut off first. */
  static async open(path: string, end: JournalEnd): Promise<Journal> {
    const file = await open(path, 'r+')
    if (end.tornBytes > 0) {
      await file.truncate(end.soundBytes)
      await file.datasync()
    }
    return new Journal(path, file, end)
  }

  /** The digest of all that was appended so far. */
  get chain(): string {
    return this.#chain
  }

  /**
   * Appends an event.
   *
   * @returns where its line stands, at once, and a promise that resolves when it is on disk; no place once it has failed
   * @throws JournalFailed through the promise when it can't be written; then and from then on
   */
  append(event: JournalEvent): { position: Position | null; durable: Promise<void> } {
    if (this.#failure !== null) return { position: null, durable: Promise.reject(this.#failure) }
    const { line, chain } = encodeLine(event, this.#chain)
    this.#chain = chain
    this.#lines.push(line)
    // Without its line feed.
    const position = { offset: this.#end, length: line.length - 1 }
    this.#end += line.length
    const durable = new Promise<void>((resolve, reject) => {
      this.#appends.push({ resolve, reject })
    })
    this.#writing ??= this.#write()
    return { position, durable }
  }

  /** Appends an event that nothing waits for; a failure shows itself to the next who does wait. */
  note(event: JournalEvent): void {
    this.append(event).durable.catch(() => {})
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
      const lines = this.#lines
      this.#appends = []
      this.#lines = []
      try {
        if (this.#failure !== null) throw this.#failure
        this.#writeAll(Buffer.concat(lines))
        await this.#file.datasync()
        for (const append of appends) append.resolve()
      } catch (error) {
        this.#failure ??= new JournalFailed(this.#path, error)
        for (const append of appends) append.reject(this.#failure)
      }
    }
    this.#writing = null
  }

  /**
   * Hands the bytes to the system, which keeps them in memory: that takes microseconds. Waiting for a thread to do it
   * would take a millisecond of the time in which calls hold their slots. The sync that follows is what takes time.
   */
  #writeAll(bytes: Buffer): void {
    let done = 0
    while (done < bytes.length) {
      const count = writeSync(this.#file.fd, bytes, done, bytes.length - done, this.#written)
      done += count
      this.#written += count
    }
  }
}
