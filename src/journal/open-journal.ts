import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { copyInPlace } from '../files/copy-in-place.ts'
import type { Former } from '../files/hold/hold.ts'
import { checkRegular } from '../files/read-regular.ts'
import { syncPath } from '../files/sync-path.ts'
import { type Fence, noFence } from '../files/synced-appends.ts'
import { checkBeside } from './check-beside.ts'
import { keepHeadApart } from './head-file.ts'
import { Journal } from './journal.ts'
import { emptyJournal, type JournalEnd, type JournalHead, mayBeNone } from './journal-check.ts'
import { journalVersion } from './journal-event.ts'
import { type JournalEntry, readJournal, readUnchecked } from './journal-reader.ts'
import { JournalState } from './journal-state.ts'
import { OutcomeTable } from './outcome-table.ts'

/** A journal on disk, and what else is known about it. */
export interface JournalFile {
  readonly path: string
  readonly runId: string
  /** Tasks that a row can have, from 1. */
  readonly stepsPerRow: number
  /** How far it was at the last stop; null before the first stop, or if it was not recorded. */
  readonly recorded: JournalHead | null
}

/** The hold under which a journal is opened. */
export interface JournalHold extends Fence {
  readonly former: Former
}

/** What a journal says, and where its sound part ends. */
interface Replayed {
  readonly state: JournalState
  readonly outcomes: OutcomeTable
  readonly end: JournalEnd
}

/**
 * Reads what a run's journal says so far. Changes nothing, so it is safe for a run at work.
 *
 * @throws KnownError when it is damaged, belongs to another run, or ends before the recorded head
 */
export async function replayJournal(file: JournalFile): Promise<Replayed> {
  return (await replayBesideCheck(file)) ?? (await replayChecked(file))
}

/**
 * Replays a large journal while a second thread checks it. Null if there is no second thread, and unless the whole
 * journal is sound: a state with anything unsound in it must not be used.
 */
async function replayBesideCheck(file: JournalFile): Promise<Replayed | null> {
  const checking = checkBeside({ path: file.path, expected: { run: file.runId, head: file.recorded } })
  if (checking === null) return null
  const replay = new Replay(file)
  const reading = readUnchecked(file.path, (entry) => replay.apply(entry))
  // What goes wrong here is told by the check, or comes up again when the journal is read line by line.
  const [lines, verdict] = await Promise.all([reading.catch(() => null), checking])
  if (verdict === null || verdict.flaw !== null) return null
  const { end } = verdict
  return end.tornBytes === 0 && end.soundLines === lines ? replay.upTo(end) : null
}

async function replayChecked(file: JournalFile): Promise<Replayed> {
  const replay = new Replay(file)
  const expected = { run: file.runId, head: file.recorded }
  return replay.upTo(await readJournal(file.path, (entry) => replay.apply(entry), expected))
}

/** Takes in what a journal says, line by line. */
class Replay {
  readonly #state: JournalState
  readonly #outcomes: OutcomeTable

  constructor({ stepsPerRow }: JournalFile) {
    this.#state = new JournalState(stepsPerRow)
    this.#outcomes = new OutcomeTable(stepsPerRow)
  }

  apply({ event, offset, length }: JournalEntry): void {
    this.#state.apply(event, { offset, length })
    if (event.event === 'result') this.#outcomes.add(event)
  }

  upTo(end: JournalEnd): Replayed {
    return { state: this.#state, outcomes: this.#outcomes, end }
  }
}

/**
 * Opens a run's journal for an execution. Begins it if there is none, otherwise goes on after its last sound line.
 *
 * @throws KnownError as {@link replayJournal} does, without changing a line; JournalFailed when it can't be written
 */
export async function openJournal(
  file: JournalFile,
  hold: JournalHold = { ...noFence, former: 'ended' },
): Promise<{ journal: Journal; state: JournalState; outcomes: OutcomeTable }> {
  const size = await touch(file.path)
  if (hold.former === 'silent') {
    // The head comes first: what the former holder still writes may be in the journal alone, but not in the head alone.
    await keepHeadApart(file.path)
    await copyInPlace(file.path)
  }
  const empty = new Replay(file).upTo(emptyJournal)
  const { state, outcomes, end } = size === 0 && mayBeNone(file.recorded) ? empty : await replayJournal(file)
  const journal = await Journal.open(file.path, end, hold)
  if (end.soundBytes === 0) await begin(file.path, journal, file.runId)
  return { journal, state, outcomes }
}

/**
 * Creates a journal's file if there is none.
 *
 * @returns its size in bytes
 * @throws the system's error when it can't be opened, or is not a regular file
 */
async function touch(path: string): Promise<number> {
  // Without waiting for a pipe that has been put in its place.
  const handle = await open(
    path,
    constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK,
    0o600,
  )
  try {
    const found = await handle.stat()
    checkRegular(path, found)
    return found.size
  } finally {
    await handle.close()
  }
}

/** Begins the journal of a new run, which must not have one yet. */
export async function createJournal(path: string, runId: string): Promise<Journal> {
  const handle = await open(path, 'wx', 0o600)
  await handle.close()
  const journal = await Journal.open(path, emptyJournal)
  await begin(path, journal, runId)
  return journal
}

async function begin(path: string, journal: Journal, runId: string): Promise<void> {
  try {
    await journal.append({ event: 'journal', version: journalVersion, run: runId }).durable
    // The file's name must be on disk too, not only its content.
    await syncPath(dirname(path))
  } catch (error) {
    await journal.close()
    throw error
  }
}
