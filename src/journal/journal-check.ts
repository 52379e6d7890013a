import type { JournalEvent } from './journal-event.ts'
import { journalVersion } from './journal-event.ts'
import { chainStart, decodeLine } from './journal-line.ts'

/** How far a journal was written when it was recorded: its lines and bytes, and the chain's value after them. */
export interface JournalHead {
  readonly lines: number
  readonly bytes: number
  readonly chain: string
}

/** What else is known of a journal, to hold it against. Null where it is not known. */
export interface ExpectedJournal {
  /** The id of the run that it belongs to. */
  readonly run: string | null
  /** Where it stood at the last stop. It may have gone on since. */
  readonly head: JournalHead | null
}

/**
 * The kinds of damage, as far as they can be told apart.
 * - `altered`: a line is not as it was written.
 * - `missing`: a line is as it was written and does not follow the line before it; the one that did is gone.
 * - `moved`: the same, but the one that did stands further down: lines were swapped, or one was put in between.
 * - `cut_short`: the journal ends before the recorded head: its last lines are gone.
 * - `other_head`: where the head was recorded, the journal says something else.
 * - `other_run`: its first line names another run.
 * - `unknown_version`: its first line names no version of the format that this program reads.
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

/** The first thing that is wrong with a journal. */
export interface JournalFlaw {
  readonly kind: (typeof journalFlawKinds)[number]
  /** From 1. */
  readonly line: number
  /** Byte offset of the line, from 0. */
  readonly offset: number
  /** What is wrong, to follow the words "line N". */
  readonly what: string
}

/** A line of the file as it was found. */
export interface RawLine {
  /** Without the line feed. */
  readonly bytes: Buffer
  readonly offset: number
  /** Whether a line feed ends it. */
  readonly whole: boolean
}

/** Where the sound part of a journal ends. */
export interface JournalEnd {
  readonly soundLines: number
  /** Bytes up to and including the last sound line. What follows is a torn tail. */
  readonly soundBytes: number
  /** The chain's value after the last sound line. */
  readonly chain: string
  readonly tornBytes: number
}

/** The end of a journal that holds nothing. */
export const emptyJournal: JournalEnd = { soundLines: 0, soundBytes: 0, chain: chainStart, tornBytes: 0 }

/**
 * Judges a journal line by line, from its beginning.
 *
 * - **sound**: every line so far is as it was written and follows the one before it.
 * - **torn**: a line is unsound. If no line after it says that it was on disk by then, it is what a crash left of the last
 *   writes, whose pages reach the disk in any order, and no damage. → *flawed* at the first line that does say so.
 * - **flawed**: the first flaw stands, whatever comes. Only a line that turns up further down tells more: what was taken
 *   for `missing` has `moved`.
 *
 * At the end, a journal that does not reach its recorded head is flawed too. What ended up in a torn tail was once on
 * disk if the head covers it: then it is no remains of a crash.
 */
export class JournalCheck {
  readonly #expected: ExpectedJournal
  #lines = 0
  #sound: JournalHead = { lines: 0, bytes: 0, chain: chainStart }
  #totalBytes = 0
  #unsound: { readonly line: number; readonly offset: number } | null = null
  #flaw: JournalFlaw | null = null

  constructor(expected: ExpectedJournal) {
    this.#expected = expected
  }

  /** Takes in the next line. Returns its event where it is sound and nothing before it was not. */
  take({ bytes, offset, whole }: RawLine): JournalEvent | null {
    const line = ++this.#lines
    this.#totalBytes = offset + bytes.length + (whole ? 1 : 0)
    if (this.#flaw !== null && this.#flaw.kind !== 'missing') return null
    const decoded = whole
      ? decodeLine(bytes.toString('utf8'), this.#sound.chain)
      : { kind: 'damaged' as const }
    if (this.#flaw !== null) {
      if (decoded.kind === 'sound') this.#flaw = moved(this.#flaw, line)
      return null
    }
    if (this.#unsound !== null) {
      const wasOnDisk = decoded.kind !== 'damaged' && decoded.synced > this.#unsound.offset
      if (wasOnDisk) this.#flaw = altered(this.#unsound)
      return null
    }
    if (decoded.kind === 'damaged') {
      this.#unsound = { line, offset }
      return null
    }
    if (decoded.kind === 'misplaced') {
      this.#flaw = missing({ line, offset })
      return null
    }
    const after: JournalHead = { lines: line, bytes: this.#totalBytes, chain: decoded.chain }
    this.#flaw =
      (line === 1 ? wrongOpening(decoded.event, this.#expected.run) : null) ??
      wrongHead(this.#sound, after, this.#expected.head)
    if (this.#flaw !== null) return null
    this.#sound = after
    return decoded.event
  }

  /** What is wrong with the whole of it; null where nothing is. To be asked after the last line. */
  get flaw(): JournalFlaw | null {
    const { head } = this.#expected
    if (this.#flaw !== null || head === null || this.#sound.bytes >= head.bytes) return this.#flaw
    if (this.#unsound !== null && this.#totalBytes >= head.bytes) return altered(this.#unsound)
    return {
      kind: 'cut_short',
      line: this.#sound.lines + 1,
      offset: this.#sound.bytes,
      what: `is gone, and so is all that followed: ${head.lines} lines (${head.bytes} bytes) were recorded in summary.json`,
    }
  }

  /** Where the sound part ends. */
  get end(): JournalEnd {
    const { lines, bytes, chain } = this.#sound
    return { soundLines: lines, soundBytes: bytes, chain, tornBytes: this.#totalBytes - bytes }
  }
}

type Place = Pick<JournalFlaw, 'line' | 'offset'>

function altered(place: Place): JournalFlaw {
  return { kind: 'altered', ...place, what: 'is not as it was written' }
}

function missing(place: Place): JournalFlaw {
  return {
    kind: 'missing',
    ...place,
    what: 'is as it was written but does not follow what stands before it: a line or more is missing there',
  }
}

function moved({ line, offset }: Place, found: number): JournalFlaw {
  return {
    kind: 'moved',
    line,
    offset,
    what: `is as it was written but does not follow what stands before it; line ${found} does: lines were swapped, or put in between`,
  }
}

function wrongOpening(event: JournalEvent, run: string | null): JournalFlaw | null {
  const place = { line: 1, offset: 0 }
  if (event.event !== 'journal' || event.version !== journalVersion) {
    const found = event.event === 'journal' ? `version ${event.version}` : 'no version'
    return {
      kind: 'unknown_version',
      ...place,
      what: `names ${found}; this program reads version ${journalVersion}`,
    }
  }
  if (run === null || event.run === run) return null
  return {
    kind: 'other_run',
    ...place,
    what: `names the run ${JSON.stringify(event.run)}; run.json is of ${run}`,
  }
}

/** Holds a sound line against the recorded head, where the head is reached or passed with it. */
function wrongHead(before: JournalHead, after: JournalHead, head: JournalHead | null): JournalFlaw | null {
  if (head === null || head.bytes <= before.bytes || head.bytes > after.bytes) return null
  if (head.bytes === after.bytes && head.lines === after.lines && head.chain === after.chain) return null
  return {
    kind: 'other_head',
    line: after.lines,
    offset: before.bytes,
    what: `is not the last of the ${head.lines} lines (${head.bytes} bytes) that summary.json records: they are not of the same run, or one of them was written anew`,
  }
}
