import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { exists } from '../files/exists.ts'
import { syncPath } from '../files/sync-path.ts'
import type { Job } from '../job/job.ts'
import { hasHead } from '../journal/head-file.ts'
import type { JournalHead, RecordedHead } from '../journal/journal-check.ts'
import type { JournalEnding } from '../journal/journal-ending.ts'
import { chainStart } from '../journal/journal-line.ts'
import type { JournalFile } from '../journal/open-journal.ts'
import { commandFor } from '../messages/commands.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { placeOfRun } from '../messages/store-place.ts'
import { type RunFile, runFileName } from './run-file.ts'

const journalFileName = 'journal.ndjson'

/** The mark of a directory that this program, and no one else, made. It is removed once `run.json` is there. */
const startedFileName = '.started-by-okta-lifecycle'

/** The path of a run's journal. */
export function journalPath(directory: string): string {
  return join(directory, journalFileName)
}

/** A run's journal, with what `run.json` says about it. */
export function journalOf(directory: string, run: RunFile, recorded: RecordedHead | null): JournalFile {
  const { path, runId } = { path: journalPath(directory), runId: run.run_id }
  return { path, runId, stepsPerRow: stepsPerRow(run.job), recorded: headOf(run, recorded) }
}

type OfJournal = Pick<
  RunFile,
  'state' | 'closed_from' | 'carried_over' | 'journal_begun' | 'journal_end' | 'journal_head'
>

/**
 * How far a run's journal must reach at least: to its last stop, to the beginning of its last execution, to where it was
 * when it was moved under a process at work or, before a retry begins, to the end of what it took over. Null if nothing is
 * known of it.
 *
 * @param recorded how far it was by what stands beside it
 */
export function headOf(run: OfJournal, recorded: RecordedHead | null): JournalHead | null {
  const known = [recorded, run.journal_end, run.journal_begun, run.carried_over].filter(
    (head) => head !== null && head !== undefined,
  )
  const [furthest] = known.toSorted((some, other) => other.bytes - some.bytes)
  const { lines, bytes, chain } = furthest ?? { lines: 0, bytes: 0, chain: chainStart }
  const orFurther = whyUnknown(run, recorded)
  const ends = recorded?.isAtWork === true ? undefined : endingOf(run, recorded)
  if (lines === 0 && orFurther === undefined && ends === undefined) return null
  return {
    lines,
    bytes,
    chain,
    ...(orFurther === undefined ? {} : { orFurther }),
    ...(ends === undefined ? {} : { ends }),
  }
}

/** Why nobody knows whether the journal was further than the head that is known; undefined if that is the furthest. */
function whyUnknown(
  { state, closed_from: from, journal_head: isKept }: OfJournal,
  recorded: RecordedHead | null,
): RecordedHead['orFurther'] {
  if (recorded === null) return undefined
  // Nothing is written any more, so the summary tells the end. A run that has only stopped may have gone on since: then
  // run.json and the summary are as old as the journal.
  const last = state === 'closed' ? (from ?? 'running') : state
  const isOver = state === 'finished' || (state === 'closed' && stops.has(last))
  const isTold = isOver && recorded.lines > 0 && recorded.toldIn === last
  if (isTold) return undefined
  // Where no head was ever kept, none is missing. Before the run begins to send, run.json does not say whether one is.
  const isMissed = isKept === true || state === 'new'
  return recorded.orFurther === 'missing' && !isMissed ? undefined : recorded.orFurther
}

/**
 * How the journal must end by the run's state, if nothing else tells where it ends. A stop writes its summary before it is
 * recorded, or else how far the journal was.
 */
function endingOf(
  { state, closed_from: from, journal_end: end }: OfJournal,
  recorded: RecordedHead | null,
): JournalEnding | undefined {
  if (state === 'new') return 'uncalled'
  if (state === 'finished' || (state === 'closed' && from === 'finished')) return 'finished'
  return stops.has(state) && recorded?.toldIn === undefined && end === undefined ? 'stopped' : undefined
}

/** The states of a run that has come to a stop by itself, and has written its summary then. */
const stops: ReadonlySet<RunFile['state']> = new Set(['finished', 'stopped', 'interrupted'])

/**
 * How far a journal must reach at least beside a process at work: that process knows how far it has written it, whatever
 * stands beside it.
 *
 * @param recorded how far it was by what stands beside it
 */
export function besideWork(recorded: RecordedHead | null): RecordedHead {
  const { lines, bytes, chain } = recorded ?? { lines: 0, bytes: 0, chain: chainStart }
  return { lines, bytes, chain, isAtWork: true }
}

/** The most tasks that a row of a job can have. */
function stepsPerRow(job: Job): number {
  return job.steps?.length ?? 1
}

/** How many bytes a run's journal has; infinitely many if that can't be found out. */
export async function sizeOfJournal(directory: string): Promise<number> {
  try {
    return (await stat(journalPath(directory))).size
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Whether the run ever began its work. */
export async function hasJournal(directory: string): Promise<boolean> {
  return await exists(journalPath(directory))
}

/** What a run leaves in its directory besides its journal; elsewhere it may be a copy that somebody has made. */
const traceNames = ['run.log', 'summary.json', 'results.csv', 'results.jsonl']

/**
 * What shows that a run has begun in a directory, even if its journal is gone, in words; null if nothing does, or if
 * there is no such directory. A name counts whatever it leads to: what can't be read is there all the same.
 *
 * @throws the system's error when the directory can't be read
 */
export async function traceOfRun(directory: string): Promise<string | null> {
  const names = await namesIn(directory)
  if (names.includes(journalFileName)) return 'a journal'
  const hasHeadFile = await hasHead(journalPath(directory)).catch(() => true)
  if (hasHeadFile) return 'what is kept beside a journal'
  // Only the directory of a run is held.
  if (!names.includes('lock')) return null
  return traceNames.find((name) => names.includes(name)) ?? null
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

/**
 * Creates the directory of a new run, mode 0700. The directory appears with our mark already in it, so that the remains
 * of a failed start can be told from a directory that somebody else made.
 *
 * @throws KnownError when a run with that id exists, the directory is not ours, or it can't be created
 */
export async function createRunDirectory(runsDirectory: string, runId: string): Promise<string> {
  const directory = join(runsDirectory, runId)
  const draft = join(runsDirectory, `.new-${randomUUID()}`)
  try {
    if (await exists(directory)) {
      await checkOurStart(directory, runId)
      // The start that left it may have died before its name was on disk.
      await syncPath(runsDirectory)
      return directory
    }
    await makeDirectories(runsDirectory)
    await mkdir(draft, { mode: 0o700 })
    await writeFile(join(draft, startedFileName), `${runId}\n`, { mode: 0o600 })
    // The mark's name must be on disk before the directory's, or a power cut leaves a directory that does not seem
    // ours.
    await syncPath(draft)
    // This would replace an empty directory, but none existed a moment ago.
    await rename(draft, directory)
    await syncPath(runsDirectory)
  } catch (error) {
    await removeQuietly(draft)
    if (error instanceof KnownError) throw error
    throw CannotWrite.of(directory, error)
  }
  return directory
}

/** Creates a directory and those above it, each on disk before the next. Throws what the system reports. */
export async function makeDirectories(path: string): Promise<void> {
  const parent = dirname(path)
  if (await exists(path)) {
    // Whoever made it may have died before its name was on disk. Not everybody may read the directory above it.
    await syncPath(parent).catch(() => {})
    return
  }
  if (parent !== path) await makeDirectories(parent)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  await syncPath(parent)
}

/** @throws KnownError unless a start of ours left the directory behind before it wrote `run.json` */
async function checkOurStart(directory: string, runId: string): Promise<void> {
  if (await exists(join(directory, runFileName))) throw runExists(directory)
  if (await exists(journalPath(directory))) {
    throw new Refusal(
      `${directory} is a damaged run: it has a journal but no run.json.`,
      'Restore run.json from a backup, or choose another --run-id.',
    )
  }
  if (await hasStartMark(directory)) return
  throw new Refusal(
    `${directory} exists and is not a run of okta-lifecycle. Nothing in it was changed.`,
    `Choose another --run-id than ${runId}, or another --runs-dir.`,
  )
}

function runExists(directory: string): KnownError {
  const runId = basename(directory)
  const resume = commandFor('resume', { runId, runsDirectory: dirname(directory) })
  return new Refusal(
    `A run with the id ${runId} already exists (${placeOfRun(directory)}).`,
    `Choose another --run-id, or go on with that run: ${resume}`,
  )
}

/**
 * Clears the remains of a start that died before it wrote `run.json`. The run must be held.
 *
 * @throws KnownError when the directory is a run after all
 */
export async function clearUnfinishedStart(directory: string): Promise<void> {
  await checkOurStart(directory, basename(directory))
  for (const name of await readdir(directory)) {
    if (name === 'lock' || name === startedFileName) continue
    await rm(join(directory, name), { recursive: true, force: true })
  }
}

/** Whether a directory is that of a start of ours that has no `run.json` yet. */
export async function hasStartMark(directory: string): Promise<boolean> {
  return await exists(join(directory, startedFileName))
}

/** Removes our mark from a directory once its `run.json` is on disk. */
export async function endStart(directory: string): Promise<void> {
  await removeQuietly(join(directory, startedFileName))
}

/** Removes the directory of a run that never sent anything, as far as the system allows it. */
export async function removeRunDirectory(directory: string): Promise<void> {
  await removeQuietly(directory)
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    // The error that led here is reported. What stays behind does no harm.
  }
}

/**
 * Looks at a run that another process may remove meanwhile.
 *
 * @returns null if it has been removed
 */
export async function unlessRemoved<T>(directory: string, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (await exists(directory)) throw error
    return null
  }
}
