import { EndingCheck, type JournalEnding } from './journal-ending.ts'
import type { JournalEvent } from './journal-event.ts'
import { journalVersion } from './journal-event.ts'
import { chainStart, checkLine, eventOfLine } from './journal-line.ts'

/** Why the file beside a journal does not say how far that was written: it is not as it was written, or it is gone. */
export type LostHead = 'damaged' | 'missing'

/** How far a journal was written at some time: its lines and bytes, and the chain's value after them. */
export interface JournalHead {
  readonly lines: number
  readonly bytes: number
  readonly chain: string
  /** Why it can't be found out whether it was written further; left out if it can. */
  readonly orFurther?: LostHead
  /** What must be so at the journal's end as well, if it is not cut short; left out if nothing is known of that. */
  readonly ends?: JournalEnding
}

/** Whether a journal that is not there, or is empty, may never have been there. */
export function mayBeNone(head: JournalHead | null): boolean {
  return head === null || (head.bytes === 0 && head.ends === 'uncalled')
}

/** How far a journal was written by what was read beside it, and what else is known of that moment. */
export interface RecordedHead extends JournalHead {
  /** The state in which the summary that was read shows the run; left out if none could be read. */
  readonly toldIn?: 'finished' | 'stopped' | 'interrupted'
  /** Whether a process is at work on the run, which sees to its journal by itself. */
  readonly isAtWork?: true
}

/** What else is known about a journal, to compare it with. Null if not known. */
export interface ExpectedJournal {
  /** The id of its run. */
  readonly run: string | null
  /** How far it was at the last stop. It may have grown since. */
  readonly head: JournalHead | null
}

/**
 * The kinds of damage that can be told apart.
 * - `altered`: a line is not as it was written.
 * - `missing`: a line is as it was written but does not follow the line before it. The line that did is gone.
 * - `moved`: the same, but the line that did is further down: lines were swapped or inserted.
 * - `cut_short`: the journal ends before the recorded head. Its last lines are gone.
 * - `other_head`: at the recorded head, the journal says something else.
 * - `other_run`: its first line names another run.
 * - `unknown_version`: its first line does not name a version of the format that this program reads.
 */
export const journalFlawKinds = [
  'altered',
  'missing',
  'moved',
  'cut_short',
  'other_head',
  'other_run',
  'unknown_version',
] as const

/** The first damage in a journal. */
export interface JournalFlaw {
  readonly kind: (typeof journalFlawKinds)[number]
  /** From 1. */
  readonly line: number
  /** Byte offset of the line, from 0. */
  readonly offset: number
  /** What is wrong, to follow the words "line N". */
  readonly what: string
}

/** A line as found in the file. */
export interface RawLine {
  /** Without the line feed. They hold the line only until the next one is read. */
  readonly bytes: Buffer
  readonly offset: number
  /** Whether it ends with a line feed. */
  readonly whole: boolean
}

/** Where the sound part of a journal ends. */
export interface JournalEnd {
  readonly soundLines: number
  /** Bytes up to and including the last sound line. The rest is a torn tail. */
  readonly soundBytes: number
  /** The chain's value after the last sound line. */
  readonly chain: string
  readonly tornBytes: number
}

/** The end of an empty journal. */
export const emptyJournal: JournalEnd = { soundLines: 0, soundBytes: 0, chain: chainStart, tornBytes: 0 }

/**
 * Checks a journal line by line, from its beginning.
 *
 * - **sound**: every line so far is as it was written and follows the one before it.
 * - **torn**: a line is unsound as a crash leaves the last writes: without its line feed, or with a hole (zeros in place of
 *   sectors that never reached the disk; the others did, in any order). That is not damage. It becomes *flawed* when a
 *   later line is as it was written and says that the unsound one was on disk.
 * - **altered**: a line is unsound, and no crash leaves it so, not even as the last one. That is a flaw.
 * - **flawed**: the first flaw counts, whatever follows. Only one thing changes: a `missing` line that turns up further
 *   down has `moved`.
 *
 * At the end, a journal that does not reach its recorded head is flawed too, and so is one of which nobody knows whether it
 * does. If the head covers a torn tail, the tail was once on disk, so no crash tore it.
 */
export class JournalCheck {
  readonly #expected: ExpectedJournal
  #lines = 0
  #sound: JournalHead = { lines: 0, bytes: 0, chain: chainStart }
  #totalBytes = 0
  #torn: Place | null = null
  #flaw: JournalFlaw | null = null
  readonly #ending: EndingCheck | null

  constructor(expected: ExpectedJournal) {
    this.#expected = expected
    const { head } = expected
    this.#ending = head?.ends === undefined ? null : new EndingCheck(head.ends, head)
  }

  /** Takes in the next line. Returns whether this line and all lines before it are sound. */
  take({ bytes, offset, whole }: RawLine): boolean {
    const line = ++this.#lines
    this.#totalBytes = offset + bytes.length + (whole ? 1 : 0)
    if (this.#flaw !== null && this.#flaw.kind !== 'missing') return false
    const checked = whole ? checkLine(bytes, this.#sound.chain) : { kind: 'damaged' as const }
    if (this.#flaw !== null) {
      if (checked.kind === 'sound') this.#flaw = moved(this.#flaw, line)
      return false
    }
    if (this.#torn !== null) {
      const isAltered =
        checked.kind === 'damaged'
          ? !isTorn({ bytes, offset, whole }, this.#sound.chain)
          : checked.synced > this.#torn.offset
      if (isAltered) this.#flaw = altered(this.#torn)
      return false
    }
    if (checked.kind === 'damaged') {
      if (isTorn({ bytes, offset, whole }, this.#sound.chain)) this.#torn = { line, offset }
      else this.#flaw = altered({ line, offset })
      return false
    }
    if (checked.kind === 'misplaced') {
      this.#flaw = missing({ line, offset })
      return false
    }
    const after: JournalHead = { lines: line, bytes: this.#totalBytes, chain: checked.chain }
    this.#flaw =
      (line === 1 ? wrongOpening(eventOfLine(bytes), this.#expected.run) : null) ??
      wrongHead(this.#sound, after, this.#expected.head)
    if (this.#flaw !== null) return false
    this.#ending?.take(bytes, offset)
    this.#sound = after
    return true
  }

  /** The flaw of the whole journal; null if there is none. To be read after the last line. */
  get flaw(): JournalFlaw | null {
    const { head } = this.#expected
    if (this.#flaw !== null || head === null) return this.#flaw
    if (this.#sound.bytes >= head.bytes) {
      const why = this.#ending?.whyCutShort() ?? (this.#ending?.isEnough === true ? null : whyFurther(head))
      return why === null ? null : perhapsCutShort(this.#sound, why)
    }
    if (this.#torn !== null && this.#totalBytes >= head.bytes) return altered(this.#torn)
    return {
      kind: 'cut_short',
      line: this.#sound.lines + 1,
      offset: this.#sound.bytes,
      what: `is gone, and so is everything after it: ${head.lines} lines (${head.bytes} bytes) were on disk before`,
    }
  }

  /** Where the sound part ends. */
  get end(): JournalEnd {
    const { lines, bytes, chain } = this.#sound
    return { soundLines: lines, soundBytes: bytes, chain, tornBytes: this.#totalBytes - bytes }
  }
}

type Place = Pick<JournalFlaw, 'line' | 'offset'>

/** Why it can't be found out whether a journal was further than its head; null if it can. */
function whyFurther({ orFurther }: JournalHead): string | null {
  if (orFurther === undefined) return null
  const known = orFurther === 'missing' ? 'is gone' : 'is not as it was written'
  return `journal.head beside the journal, which says how far it was on disk, ${known}`
}

function perhapsCutShort({ lines, bytes }: JournalHead, why: string): JournalFlaw {
  return { kind: 'cut_short', line: lines + 1, offset: bytes, what: `may be gone, and more after it: ${why}` }
}

/** Disks write whole sectors of this many bytes, or of a multiple of it. */
const sectorBytes = 512

/**
 * Whether a crash can have left an unsound line: if its line feed is missing, or if sectors are zeros that were never
 * written.
 *
 * @param chain the chain's value before the line
 */
function isTorn(line: RawLine, chain: string): boolean {
  const { bytes, whole } = line
  const holes = zerosOf(bytes)
  if (!holes.every((zeros) => isHole(line, zeros))) return false
  // In place of a line feed, a crash leaves nothing, or a zero.
  return whole
    ? holes.length > 0
    : checkLine(bytes.subarray(0, -1), chain).kind === 'damaged' || bytes.at(-1) === 0
}

interface Zeros {
  readonly from: number
  readonly to: number
}

function zerosOf(bytes: Buffer): readonly Zeros[] {
  const found: Zeros[] = []
  for (let from = bytes.indexOf(0); from !== -1; from = bytes.indexOf(0, found.at(-1)?.to)) {
    let to = from + 1
    while (bytes[to] === 0) to++
    found.push({ from, to })
  }
  return found
}

/** Whether zeros fill whole sectors. Each write begins with a line, so the first of its sectors may be filled in part. */
function isHole({ bytes, offset, whole }: RawLine, { from, to }: Zeros): boolean {
  if (to === bytes.length && !whole) return true
  return (from === 0 || (offset + from) % sectorBytes === 0) && (offset + to) % sectorBytes === 0
}

function altered(place: Place): JournalFlaw {
  return { kind: 'altered', ...place, what: 'is not as it was written' }
}

function missing(place: Place): JournalFlaw {
  return {
    kind: 'missing',
    ...place,
    what: 'is as it was written but does not follow the line before it: one or more lines between them are missing',
  }
}

function moved({ line, offset }: Place, found: number): JournalFlaw {
  return {
    kind: 'moved',
    line,
    offset,
    what: `is as it was written but does not follow the line before it; line ${found} does: lines were swapped or inserted`,
  }
}

function wrongOpening(event: JournalEvent, run: string | null): JournalFlaw | null {
  const place = { line: 1, offset: 0 }
  if (event.event !== 'journal' || event.version !== journalVersion) {
    const found = event.event === 'journal' ? `version ${event.version}` : 'no version'
    return {
      kind: 'unknown_version',
      ...place,
      what: `names ${found}, but this program reads version ${journalVersion}`,
    }
  }
  if (run === null || event.run === run) return null
  return {
    kind: 'other_run',
    ...place,
    what: `names the run ${JSON.stringify(event.run)}, but run.json belongs to ${run}`,
  }
}

/** Compares a sound line with the recorded head, if this line reaches or passes the head. */
function wrongHead(before: JournalHead, after: JournalHead, head: JournalHead | null): JournalFlaw | null {
  if (head === null || head.bytes <= before.bytes || head.bytes > after.bytes) return null
  if (head.bytes === after.bytes && head.lines === after.lines && head.chain === after.chain) return null
  return {
    kind: 'other_head',
    line: after.lines,
    offset: before.bytes,
    what: `is not the last of the ${head.lines} lines (${head.bytes} bytes) that were recorded beside it: they are not of the same run, or one of the files was rewritten`,
  }
}
