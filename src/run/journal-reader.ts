import { createReadStream } from 'node:fs'
import { KnownError } from '../known-error.ts'
import type { JournalEvent } from './journal-event.ts'
import { journalVersion } from './journal-event.ts'
import { chainStart, decodeLine } from './journal-line.ts'

/** A line of the journal and where it stands. */
export interface JournalEntry {
  readonly event: JournalEvent
  /** Byte offset of the line. */
  readonly offset: number
  /** Length in bytes, without the line feed. */
  readonly length: number
}

/** Where the sound part of a journal ends. */
export interface JournalEnd {
  /** Bytes up to and including the last sound line. What follows is a torn tail. */
  readonly soundBytes: number
  /** The chain's value after the last sound line. */
  readonly chain: string
  readonly tornBytes: number
}

/**
 * Reads a journal from its beginning, handing each sound line to `visit`.
 *
 * The end of the file may hold the remains of a write that a crash cut off; they are no damage. Anything unsound with a
 * whole line after it is.
 *
 * @throws KnownError that names the byte offset of a damaged or misplaced line, or a version that is not known
 */
export async function readJournal(path: string, visit: (entry: JournalEntry) => void): Promise<JournalEnd> {
  let chain = chainStart
  let soundBytes = 0
  let unsoundAt: number | null = null
  let total = 0
  for await (const { bytes, offset, whole } of journalLines(path)) {
    total = offset + bytes.length + (whole ? 1 : 0)
    const decoded = whole ? decodeLine(bytes.toString('utf8'), chain) : { kind: 'damaged' as const }
    if (unsoundAt !== null) {
      if (decoded.kind !== 'damaged') throw damaged(path, unsoundAt)
      continue
    }
    if (decoded.kind === 'misplaced') throw damaged(path, offset)
    if (decoded.kind === 'damaged') {
      unsoundAt = offset
      continue
    }
    if (offset === 0) checkVersion(path, decoded.event)
    chain = decoded.chain
    soundBytes = total
    visit({ event: decoded.event, offset, length: bytes.length })
  }
  return { soundBytes, chain, tornBytes: total - soundBytes }
}

interface RawLine {
  readonly bytes: Buffer
  readonly offset: number
  /** Whether a line feed ends it. */
  readonly whole: boolean
}

async function* journalLines(path: string): AsyncGenerator<RawLine> {
  let offset = 0
  let pending: Buffer[] = []
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(0x0a, start); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const piece = chunk.subarray(start, end)
      const bytes = pending.length === 0 ? piece : Buffer.concat([...pending, piece])
      pending = []
      yield { bytes, offset, whole: true }
      offset += bytes.length + 1
      start = end + 1
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
  }
  if (pending.length > 0) yield { bytes: Buffer.concat(pending), offset, whole: false }
}

function damaged(path: string, offset: number): KnownError {
  return new KnownError(
    `The journal is damaged at byte ${offset}: a line there is not as it was written, or a line is missing before it (${path}).`,
    'Restore the run directory from a backup. Nothing is sent on the strength of a damaged journal.',
  )
}

function checkVersion(path: string, event: JournalEvent): void {
  if (event.event === 'journal' && event.version === journalVersion) return
  const found = event.event === 'journal' ? `version ${event.version}` : 'no version'
  throw new KnownError(
    `The journal has ${found}; this program reads version ${journalVersion} (${path}).`,
    'Go on with the version of okta-lifecycle that began the run: run.json names it.',
  )
}
