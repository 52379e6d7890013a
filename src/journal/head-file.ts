import { constants, type Stats, writeSync } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { copyInPlace } from '../files/copy-in-place.ts'
import { exists } from '../files/exists.ts'
import { readRegular } from '../files/read-regular.ts'
import { replaceFile } from '../files/replacing-file.ts'
import { syncPath } from '../files/sync-path.ts'
import { exitCodes, FixableError } from '../messages/known-error.ts'
import type { JournalHead, LostHead } from './journal-check.ts'

const headFileName = 'journal.head'

/** All heads have the same length, so that one overwrites the other whole: the system keeps a write this short in one piece. */
const headBytes = 128

/**
 * How far a journal is on disk, in a file beside it. It is written after each sync of the journal, and is itself synced only
 * when it is opened:
 *
 * 1. It outlives the process, so that an older copy of the journal alone is noticed also after a kill.
 * 2. After a loss of power it may say less than was there, but never more.
 * 3. From its first {@link keep} on it is there and says something, also after a loss of power: if it does not, somebody
 *    has removed it.
 */
export class HeadFile {
  readonly #path: string
  readonly #file: FileHandle
  readonly #isNew: boolean
  #failed = false

  private constructor(path: string, file: FileHandle, isNew: boolean) {
    this.#path = path
    this.#file = file
    this.#isNew = isNew
  }

  /**
   * Opens the file beside a journal; creates it if there is none. One that has another name as well, as in a backup of
   * links, is replaced by a copy first: what the other name shows stays as it is.
   *
   * @throws FixableError when something else is in its place; what the system reports
   */
  static async open(journal: string): Promise<HeadFile> {
    const path = headPath(journal)
    const there = await statAt(path)
    if (there !== null && !there.isFile()) throw notOurs(path)
    if (there !== null && there.nlink > 1) await copyInPlace(path)
    // Neither what a link in its place names, nor a wait for a pipe.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const file = await open(path, flags, 0o600)
    // What is longer was never written by us, and would never be read as ours again.
    if (there !== null && there.size > headBytes) await file.truncate(headBytes)
    return new HeadFile(path, file, there === null)
  }

  /** Writes how far the journal is on disk. What is there already holds if the system refuses it. */
  write(head: JournalHead): void {
    if (this.#failed) return
    try {
      writeSync(this.#file.fd, Buffer.from(textOf(head)), 0, headBytes, 0)
    } catch {
      this.#failed = true
    }
  }

  /**
   * Brings the file and its name to disk.
   *
   * @throws what the system reports
   */
  async keep(): Promise<void> {
    await this.#file.datasync()
    if (this.#isNew) await syncPath(dirname(this.#path))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/**
 * Writes anew how far a journal is on disk, because it has become another one.
 *
 * @throws CannotWrite when the system refuses it
 */
export async function replaceHead(journal: string, head: JournalHead): Promise<void> {
  await replaceFile(headPath(journal), textOf(head))
}

/**
 * Replaces the file beside a journal by a copy of itself, if there is one. A process that has the old one open can no
 * longer change it.
 *
 * @throws CannotWrite when the system refuses it
 */
export async function keepHeadApart(journal: string): Promise<void> {
  const path = headPath(journal)
  if (await exists(path)) await copyInPlace(path)
}

/**
 * How far a journal was on disk when that was last written beside it; null if no line was. `damaged` if what is there is not
 * as it was written; `missing` if nothing is there. To be read before the journal, which may grow meanwhile.
 *
 * @throws the system's error when that can't be found out
 */
export async function readHead(journal: string): Promise<JournalHead | LostHead | null> {
  let head: JournalHead | LostHead | null = 'damaged'
  // A process at work may have been writing it in that moment.
  for (let times = 0; times < 3 && head === 'damaged'; times++) {
    try {
      head = parseHead(await readRegular(headPath(journal)))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
      throw error
    }
  }
  return head
}

/** Whether there is a file beside a journal. */
export async function hasHead(journal: string): Promise<boolean> {
  return await exists(headPath(journal))
}

async function statAt(path: string): Promise<Stats | null> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function notOurs(path: string): FixableError {
  return new FixableError(
    `${path} is not the file that okta-lifecycle keeps there. Nothing was changed, and nothing was sent.`,
    'Move it away',
    exitCodes.nothingSent,
  )
}

function headPath(journal: string): string {
  return join(dirname(journal), headFileName)
}

function textOf({ lines, bytes, chain }: JournalHead): string {
  const said = `${lines} ${bytes} ${chain}`
  return `${`${said} ${digestOf(said)}`.padEnd(headBytes - 1)}\n`
}

function parseHead(text: string): JournalHead | LostHead | null {
  // A loss of power leaves a new file without a byte, or with zeros where they were to be.
  if (/^\0*$/.test(text)) return 'missing'
  // Whatever somebody has written behind it, it is as it was.
  const [lines = '', bytes = '', chain = '', digest] = text.slice(0, headBytes).trimEnd().split(' ')
  const said = `${lines} ${bytes} ${chain}`
  if (text.length < headBytes || digest !== digestOf(said)) return 'damaged'
  return lines === '0' ? null : { lines: Number(lines), bytes: Number(bytes), chain }
}

function digestOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
