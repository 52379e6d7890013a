import { dirname } from 'node:path'
import { openRegular } from '../files/read-regular.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { type KnownError, Refusal } from '../messages/known-error.ts'
import {
  type ExpectedJournal,
  JournalCheck,
  type JournalEnd,
  type JournalFlaw,
  type RawLine,
} from './journal-check.ts'
import type { JournalEvent } from './journal-event.ts'
import { eventOfLine } from './journal-line.ts'

/** A line of the journal and its place. */
export interface JournalEntry {
  readonly event: JournalEvent
  /** Byte offset of the line. */
  readonly offset: number
  /** Length in bytes, without the line feed. */
  readonly length: number
}

/** The outcome of checking a whole journal. */
export interface JournalVerdict {
  readonly end: JournalEnd
  /** Null if nothing is wrong. A torn tail is not wrong. */
  readonly flaw: JournalFlaw | null
}

/** How much of the file is read at once, unless a line is longer. */
const roomBytes = 1024 * 1024

const nothingExpected: ExpectedJournal = { run: null, head: null }

/**
 * Reads a journal from its beginning and passes each sound line to `visit`.
 *
 * The end of the file may hold the remains of writes that a crash cut off. They are not damage: see `JournalCheck`.
 *
 * @throws KnownError after visiting the sound lines before the flaw; it names the line and byte offset of a damaged or
 *   misplaced line, or an unknown version
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

/**
 * Reads a journal to its end and checks it, even if it is damaged. Changes nothing.
 *
 * @param visit gets each sound line before the first flaw
 */
export async function checkJournal(
  path: string,
  expected: ExpectedJournal,
  visit?: (entry: JournalEntry) => void,
): Promise<JournalVerdict> {
  const check = new JournalCheck(expected)
  await eachLine(path, (line) => {
    if (check.take(line)) visit?.(entryOf(line))
  })
  return { end: check.end, flaw: check.flaw }
}

/**
 * Reads a journal without checking it, and passes each line to `visit`. What it passes on counts only if a check shows
 * that the journal is sound and has as many lines.
 *
 * @returns how many lines the journal has
 * @throws an error, whatever it is, for a journal that is not sound
 */
export async function readUnchecked(path: string, visit: (entry: JournalEntry) => void): Promise<number> {
  let lines = 0
  await eachLine(path, (line) => {
    lines++
    visit(entryOf(line))
  })
  return lines
}

function entryOf({ bytes, offset }: RawLine): JournalEntry {
  return { event: eventOfLine(bytes), offset, length: bytes.length }
}

/**
 * Passes each line on without waiting: awaiting each of millions would take longer than checking them. All pieces of
 * the file are read into the same memory: new memory for each would keep the garbage collector busy.
 */
async function eachLine(path: string, take: (line: RawLine) => void): Promise<void> {
  const file = await openRegular(path)
  try {
    let room = Buffer.allocUnsafe(roomBytes)
    /** The beginning of a line whose end is not read yet stands at the beginning of the room. */
    let begun = 0
    let offset = 0
    for (;;) {
      const { bytesRead } = await file.read(room, begun, room.length - begun, offset + begun)
      if (bytesRead === 0) break
      const filled = begun + bytesRead
      let start = 0
      for (let end = room.indexOf(0x0a, begun); end !== -1 && end < filled; end = room.indexOf(0x0a, start)) {
        take({ bytes: room.subarray(start, end), offset: offset + start, whole: true })
        start = end + 1
      }
      begun = filled - start
      offset += start
      const next = begun > room.length / 2 ? Buffer.allocUnsafe(room.length * 2) : room
      room.copy(next, 0, start, filled)
      room = next
    }
    if (begun > 0) take({ bytes: room.subarray(0, begun), offset, whole: false })
  } finally {
    await file.close()
  }
}

/** The commands that go on from the undamaged part of a journal. */
export function ownAdvice(directory: string): string {
  const name = runNameOf(directory)
  const resume = commandFor('resume', name, '--take-sound-part')
  const undo = commandFor('undo', name, '--take-sound-part')
  return `To go on from its undamaged part, and do the rest of the run: ${resume}. To take back what that part shows, and do nothing else: ${undo}`
}

/** What to do about a damaged journal, and what it means to restore an older copy. */
export const damagedAdvice =
  'Nothing is sent while the journal is damaged. Restore the newest copy of the run directory. An older copy lacks the calls that were sent after it was made, and would send them again: resume it with --take-sound-part, so that they are in doubt, looked up in Okta, and sent only if Okta shows that they were not applied.'

function damaged(path: string, { kind, line, offset, what }: JournalFlaw): KnownError {
  if (kind === 'unknown_version') {
    return new Refusal(
      `The journal can't be read: line ${line} ${what} (${path}).`,
      'Use the version of okta-lifecycle that began the run; run.json names it.',
    )
  }
  return new Refusal(
    `The journal is damaged at byte ${offset}: line ${line} ${what} (${path}).`,
    `${damagedAdvice} ${ownAdvice(dirname(path))}`,
  )
}
