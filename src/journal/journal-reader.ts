import { createReadStream } from 'node:fs'
import { dirname } from 'node:path'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { KnownError } from '../messages/known-error.ts'
import {
  type ExpectedJournal,
  JournalCheck,
  type JournalEnd,
  type JournalFlaw,
  type RawLine,
} from './journal-check.ts'
import type { JournalEvent } from './journal-event.ts'

/** A line of the journal and where it stands. */
export interface JournalEntry {
  readonly event: JournalEvent
  /** Byte offset of the line. */
  readonly offset: number
  /** Length in bytes, without the line feed. */
  readonly length: number
}

/** What a journal is found to be, from its first byte to its last. */
export interface JournalVerdict {
  readonly end: JournalEnd
  /** Null where nothing is wrong; a torn tail is nothing wrong. */
  readonly flaw: JournalFlaw | null
}

const nothingExpected: ExpectedJournal = { run: null, head: null }

/**
 * Reads a journal from its beginning, handing each sound line to `visit`.
 *
 * The end of the file may hold the remains of a write that a crash cut off; they are no damage. Anything unsound with a
 * whole line after it is.
 *
 * @throws KnownError that names the line and the byte offset of a damaged or misplaced line, or a version that is not
 *   known, once the sound lines before it were visited
 */
export async function readJournal(
  path: string,
  visit: (entry: JournalEntry) => void,
  expected: ExpectedJournal = nothingExpected,
): Promise<JournalEnd> {
  const { end, flaw } = await checkJournal(path, expected, visit)
  if (flaw !== null) throw damaged(path, flaw)
  return end
}

/** Reads a journal to its end and judges it, whatever is wrong with it. Changes nothing. */
export async function checkJournal(
  path: string,
  expected: ExpectedJournal,
  visit: (entry: JournalEntry) => void = () => {},
): Promise<JournalVerdict> {
  const check = new JournalCheck(expected)
  for await (const line of journalLines(path)) {
    const event = check.take(line)
    if (event !== null) visit({ event, offset: line.offset, length: line.bytes.length })
  }
  return { end: check.end, flaw: check.flaw }
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

/** What can be done about a damaged journal, and what an older copy means. */
export const damagedAdvice =
  'Nothing is sent on the strength of a damaged journal. Restore the newest copy of the run directory. An older copy forgets what was sent since it was made: what it does not know is then put in doubt, looked up in Okta, and only sent where Okta shows that it was not done.'

function damaged(path: string, { kind, line, offset, what }: JournalFlaw): KnownError {
  if (kind === 'unknown_version') {
    return new KnownError(
      `The journal can't be read: its line ${line} ${what} (${path}).`,
      'Go on with the version of okta-lifecycle that began the run: run.json names it.',
    )
  }
  return new KnownError(
    `The journal is damaged at byte ${offset}: line ${line} ${what} (${path}).`,
    `${damagedAdvice} To take up its sound part: ${commandFor('resume', runNameOf(dirname(path)), '--take-sound-part')}`,
  )
}
