import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { HoldLost } from '../files/hold/hold.ts'
import { CutShort, type Fence, noFence, SyncedAppends, WrittenElsewhere } from '../files/synced-appends.ts'
import { parseSystemError } from '../files/system-error.ts'
import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { HeadFile } from './head-file.ts'
import type { JournalEnd, JournalHead } from './journal-check.ts'
import type { JournalEvent } from './journal-event.ts'
import { encodeLine } from './journal-line.ts'

/** After one write to the journal has failed, every append throws this. Nothing more may be sent. */
export class JournalFailed extends FixableError {
  constructor(path: string, cause: unknown) {
    const unknown = { why: String(cause), fix: 'Remove the cause', path: null }
    // What stands in the way may be another file, such as one by which the run is held.
    const { why, fix, path: cannot } = parseSystemError(cause) ?? unknown
    super(
      `The journal can't be written: ${why} (${cannot ?? path}). Sending has stopped. The command resume settles the calls that could not be recorded.`,
      fix,
      exitCodes.stoppedByGuard,
      { next: ', then resume the run.', cause },
    )
    this.name = 'JournalFailed'
  }
}

/** Like {@link JournalFailed}: the file that is being written is no longer the run's journal. */
class JournalMoved extends FixableError {
  constructor(path: string) {
    super(
      `The journal is no longer in its place (${path}): it was moved, removed, replaced or cut short while the run was at work. Sending has stopped. Put it back: without it nobody knows what was sent, and starting the job again would do everything twice.`,
      'Put it back',
      exitCodes.stoppedByGuard,
      { next: ', then resume the run.' },
    )
    this.name = 'JournalMoved'
  }
}

/**
 * Two processes can be at work on a run where a person has removed the hold of one of them. The first one that notices
 * leaves the run to the other.
 */
function leftToAnother(path: string, fence: Fence): HoldLost {
  fence.lose?.()
  return new HoldLost(
    'this run',
    `its journal (${path}) is not as long as what was written here: something else has changed it, perhaps another process, because the hold was removed by hand or this disk does not show it`,
  )
}

/** A lost hold keeps its own error: the disk is not the cause. */
function failureOf(path: string, fence: Fence, cause: unknown): Error {
  if (cause instanceof CutShort) return new JournalMoved(path)
  if (cause instanceof WrittenElsewhere) return leftToAnother(path, fence)
  return cause instanceof KnownError ? cause : new JournalFailed(path, cause)
}

/** The place of a line. */
export interface Position {
  readonly offset: number
  readonly length: number
}

/** Appends events durably, each as a line that is chained to the line before it. */
export class Journal {
  readonly #path: string
  readonly #file: FileHandle
  readonly #fence: Fence
  readonly #appends: SyncedAppends<JournalHead>
  readonly #headFile: HeadFile | null
  #chain: string
  #lineCount: number
  /** Where the next line goes. */
  #end: number

  private constructor(
    path: string,
    file: FileHandle,
    fence: Fence,
    appends: SyncedAppends<JournalHead>,
    headFile: HeadFile | null,
    end: JournalEnd,
  ) {
    this.#headFile = headFile
    this.#path = path
    this.#file = file
    this.#fence = fence
    this.#appends = appends
    this.#chain = end.chain
    this.#lineCount = end.soundLines
    this.#end = end.soundBytes
  }

  /**
   * Opens a journal for appending after its last sound line. Cuts off a torn tail first.
   *
   * @param keepsHead whether how far it is on disk is kept beside it; not for a copy whose journal counts elsewhere, or
   *   one that is not in its place yet
   */
  static async open(
    path: string,
    end: JournalEnd,
    fence: Fence = noFence,
    keepsHead = fence.elsewhere === undefined,
  ): Promise<Journal> {
    const file = await open(path, constants.O_RDWR | constants.O_APPEND)
    const head = { lines: end.soundLines, bytes: end.soundBytes, chain: end.chain }
    const prepare = async (): Promise<HeadFile | null> => {
      if (end.tornBytes > 0) await cutOff(file, end, () => leftToAnother(path, fence))
      // A killed process may have left lines that are in the system's memory only, and the next line says how far the
      // journal was on disk.
      if (end.soundBytes > 0) await file.datasync()
      if (!keepsHead) return null
      const headFile = await HeadFile.open(path)
      try {
        headFile.write(head)
        await headFile.keep()
      } catch (error) {
        await headFile.close()
        throw error
      }
      return headFile
    }
    const headFile = await prepare().catch(async (error: unknown) => {
      await file.close()
      throw error
    })
    const toFailure = (cause: unknown): Error => failureOf(path, fence, cause)
    const appends = new SyncedAppends(file, end.soundBytes, head, toFailure, fence, (mark) =>
      headFile?.write(mark),
    )
    return new Journal(path, file, fence, appends, headFile, end)
  }

  /** Whether how far the journal is on disk is kept beside it as well. */
  get keepsHead(): boolean {
    return this.#headFile !== null
  }

  /** How far the journal is on disk. A crash may tear anything after it. */
  get head(): JournalHead {
    return this.#appends.synced
  }

  /**
   * Appends an event.
   *
   * @returns at once the place of its line (null once the journal has failed), and a promise that resolves when it is
   *   on disk
   * @throws JournalFailed through the promise if it can't be written, and for every event after that
   */
  append(event: JournalEvent): { position: Position | null; durable: Promise<void> } {
    const { failure } = this.#appends
    if (failure !== null) return { position: null, durable: Promise.reject(failure) }
    const { line, chain } = encodeLine(event, this.#chain, this.#appends.synced.bytes)
    this.#chain = chain
    // The length leaves out the line feed.
    const position = { offset: this.#end, length: line.length - 1 }
    this.#end += line.length
    const head = { lines: ++this.#lineCount, bytes: this.#end, chain }
    return { position, durable: this.#appends.append(line, head) }
  }

  /** Appends an event without waiting. The next caller that waits gets its failure. */
  note(event: JournalEvent): void {
    this.append(event).durable.catch(() => {})
  }

  /** Why nothing more can be written; null as long as something can. */
  get failure(): Error | null {
    return this.#appends.failure
  }

  /** Whether the file that was written is no longer the run's journal, as far as {@link checkInPlace} has found out. */
  get isMoved(): boolean {
    return this.#appends.failure instanceof JournalMoved
  }

  /**
   * Checks whether the file that is being written is still at its path, and whole. If it certainly is not, every later
   * event fails: what is written to that file would be lost with it.
   */
  async checkInPlace(): Promise<void> {
    // The length is noted before the file is looked at, because the file grows meanwhile.
    const { bytes } = this.head
    const [mine, there] = await Promise.all([this.#file.stat(), statAt(this.#path)])
    if (there === 'unknown') return
    const isWhole = mine.size >= bytes
    if (isWhole && there !== null && there.ino === mine.ino && there.dev === mine.dev) return
    // A process that takes a run over after a silence goes on in a copy. In that case the lost hold is the cause.
    const lost = await this.#fence.ensure().then(
      () => null,
      (error: unknown) => error,
    )
    this.#appends.fail(lost instanceof Error ? lost : new JournalMoved(this.#path))
  }

  /** Waits for everything that was appended and closes the file. Nothing may be appended after that. */
  async close(): Promise<void> {
    await this.#appends.close()
    await this.#headFile?.close()
  }
}

/** Cuts off a torn tail, unless it was the beginning of what another process has gone on to write. */
async function cutOff(
  file: FileHandle,
  { soundBytes, tornBytes }: JournalEnd,
  toFailure: () => Error,
): Promise<void> {
  const { size } = await file.stat()
  if (size > soundBytes + tornBytes) throw toFailure()
  await file.truncate(soundBytes)
}

/** The file at a path; null if there is none, `unknown` if the disk does not answer. */
async function statAt(path: string): Promise<Pick<Stats, 'ino' | 'dev'> | null | 'unknown'> {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : 'unknown'
  }
}
