import { type Survey, SurveyCounter } from '../input/survey.ts'
import { type JournalHead, mayBeNone } from '../journal/journal-check.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { JournalState } from '../journal/journal-state.ts'
import { createJournal, replayJournal } from '../journal/open-journal.ts'
import { ResultReader } from '../journal/result-reader.ts'
import { looksLikeUserId } from '../okta/user.ts'
import type { TaskResult } from '../rules/result.ts'
import type { MeantUser } from '../rules/row-verdict.ts'
import { SupersededRows } from '../rules/superseded.ts'
import type { InputCopy } from '../run/input-copy.ts'
import { identityOf } from '../run/link-lines.ts'
import { MeantUsers } from '../run/meant-users.ts'
import type { NextRun, OldRun } from '../run/old-run.ts'
import { type RowWithResults, rowsWithResults } from '../run/rows-with-results.ts'
import { hasJournal, journalOf, journalPath } from '../run/run-directory.ts'
import { openInput } from '../run/write-input.ts'
import { carryOver } from './carry-over.ts'
import { DuplicateRows } from './duplicates.ts'
import { selectRow } from './select-row.ts'

/** The part of an old run that a new run takes up, as written to the new run's directory. */
export interface Retry {
  readonly copy: InputCopy
  readonly format: 'csv' | 'jsonl'
  readonly rows: number
  /** All tasks of these rows, including those that already have a result. */
  readonly tasks: number
  /** The survey of the work that is still to be done. */
  readonly survey: Survey
  /** Tasks in doubt, whose attempts are settled first. */
  readonly inDoubt: number
  /** Rows that are left out because a later row was carried out. */
  readonly superseded: number
  /** Rows that wait because a later row is in doubt. */
  readonly waiting: number
  /** Bad rows of the old input, which are left out. */
  readonly invalidRows: number
  /** Rows of the old run that are left out, because their keys name somebody else by now. */
  readonly strangers: readonly number[]
  /** Where the new journal ends so far. Everything that the old run knew is before that place. */
  readonly carriedOver: JournalHead
}

/** Nothing of the old run can be retried. */
export interface NothingToRetry {
  readonly copy: null
  /** The same as in {@link Retry}. */
  readonly strangers: readonly number[]
}

const eventsPerWait = 1_000

/**
 * Writes the input and the beginning of the journal of a new run over what is left of an old one. It does not change
 * the old run, and the new directory is not a run until it has a `run.json`. Both runs must be held.
 *
 * @param inDoubt what the command line says about calls that nothing can settle; what the job says gives no leave for
 *   calls that may have been lost with a part of a journal
 * @returns nothing to retry if no row is left; the directory then has no input and no journal
 * @throws KnownError when the old run can't be read or the new one can't be written
 */
export async function beginRetry(
  old: OldRun,
  next: NextRun,
  inDoubt: 'keep' | 'retry' = 'keep',
): Promise<Retry | NothingToRetry> {
  const state = await replay(old)
  const earlier = state.done === 0 ? null : await ResultReader.open(journalPath(old.directory))
  try {
    return await writeRetry(old, next, inDoubt, state, new MeantUsers(state, earlier))
  } finally {
    await earlier?.close()
  }
}

/** @param meant whom the names in the old run's rows led to */
async function writeRetry(
  old: OldRun,
  next: NextRun,
  inDoubt: 'keep' | 'retry',
  state: JournalState,
  meant: MeantUsers,
): Promise<Retry | NothingToRetry> {
  const { superseded, retriedRows, invalidRows, strangers } = await findRows(old, state, meant)
  if (retriedRows === 0) return { copy: null, strangers: [...strangers] }
  const format = ['csv', 'xlsx'].includes(old.run.input.format) ? 'csv' : 'jsonl'
  const input = await openInput(next.directory, format, old.run.input.columns)
  const journal = await createJournal(journalPath(next.directory), next.runId)
  const started = new Date()
  const counter = new SurveyCounter(started.getTime())
  const now = started.toISOString()
  let [rows, tasks, doubts, events] = [0, 0, 0, 0]
  let allOnDisk = Promise.resolve()
  const duplicates = new DuplicateRows()
  try {
    for await (const known of rowsWithResults(old.directory, old.run, state)) {
      const retried = selectRow(known, old.run.job.steps)
      const duplicate = duplicates.see(known)
      if (retried === null || strangers.has(retried.input.row)) continue
      rows++
      tasks += known.results.length
      const later = superseded.by(retried.input.row)
      if (later === null && !duplicate) counter.add({ ...retried.input, actions: retried.todo })
      const carried = carryOver(
        {
          retried,
          row: rows,
          oldRunId: old.run.run_id,
          oldRun: identityOf(old.run),
          sentAgain: (step) => state.sentAgain({ row: retried.input.row, step }),
          superseded: later,
          duplicate,
          meant: await meantBy(known, old.run, state, meant),
          doubtOf: (step) => state.leftInDoubt({ row: retried.input.row, step }),
          isUncounted: (step) => state.uncounted({ row: retried.input.row, step }) !== null,
          inDoubt,
          explained: (userId) => state.explainedChange(userId),
          doubtedOf: (step) => state.lastDoubted({ row: retried.input.row, step }),
        },
        now,
      )
      doubts += countOpen(carried)
      await input.add(retried.input)
      for (const event of carried) {
        // The events are not awaited one by one: when the last one is on disk, so are all before it.
        allOnDisk = journal.append(event).durable
        allOnDisk.catch(() => {})
        if (++events % eventsPerWait === 0) await allOnDisk
      }
    }
    await allOnDisk
    const copy = await input.finish()
    return {
      copy,
      format,
      rows,
      tasks,
      survey: counter.survey(),
      inDoubt: doubts,
      superseded: superseded.size,
      waiting: superseded.waiting,
      invalidRows,
      strangers: [...strangers],
      carriedOver: journal.head,
    }
  } finally {
    await journal.close()
    await input.discard()
  }
}

/**
 * The user whom a row's key meant in the old run. It is known from the row's calls, its results, the run that the old
 * run itself retried, or another row with the same key.
 */
async function meantBy(
  { input: { row, user } }: RowWithResults,
  { run_id: run, job }: OldRun['run'],
  state: JournalState,
  meant: MeantUsers,
): Promise<MeantUser | null> {
  const own = await meant.userOf(row)
  // Without a read, calls go to the key as written.
  const isKnown = own !== null && (own.id !== user || looksLikeUserId(user))
  const found = isKnown ? own : job.read_first ? await meant.byKey(user) : null
  return found === null ? null : { id: found.id, login: found.login, run: state.meantBy(row)?.run ?? run }
}

/** How many attempts are still to be settled: those without a verdict. */
function countOpen(events: readonly JournalEvent[]): number {
  const count = (name: JournalEvent['event']): number => events.filter(({ event }) => event === name).length
  return count('intent') - count('verdict')
}

async function replay({ directory, run, recorded }: OldRun): Promise<JournalState> {
  const journal = journalOf(directory, run, recorded)
  if (mayBeNone(journal.recorded) && !(await hasJournal(directory)))
    return new JournalState(journal.stepsPerRow)
  return (await replayJournal(journal)).state
}

/**
 * Goes through the old run once to count its rows, find those that later rows supersede, and note whom its names mean.
 * Rows that failed because their key names somebody else by now are left out (`strangers`) if nothing shows any more whom
 * it meant: they would be sent to whoever has the name.
 */
async function findRows(
  { directory, run }: OldRun,
  state: JournalState,
  meant: MeantUsers,
): Promise<{
  superseded: SupersededRows
  retriedRows: number
  invalidRows: number
  strangers: ReadonlySet<number>
}> {
  const superseded = new SupersededRows()
  const strangers = new Set<number>()
  let [retriedRows, invalidRows] = [0, 0]
  for await (const known of rowsWithResults(directory, run, state)) {
    const { input, results } = known
    if (input.kind === 'invalid') {
      invalidRows++
      continue
    }
    if (input.kind === 'not_selected') continue
    const isStranger = results.some(isOfOther) && (await meantBy(known, run, state, meant)) === null
    if (isStranger) strangers.add(input.row)
    const retried = isStranger ? null : selectRow(known, run.job.steps)
    if (retried !== null) retriedRows++
    const recorded = results.filter((result): result is TaskResult => result !== null)
    superseded.see(input.row, input.user, recorded, retried)
    if (!run.job.read_first) continue
    const result = recorded.find(({ okta_user_id: id }) => id !== null)
    const user = state.userOf(input.row) ?? state.meantBy(input.row)
    if (user !== null || result !== undefined)
      meant.note(input.row, input.user, user?.login ?? result?.okta_login ?? null)
  }
  return { superseded, retriedRows, invalidRows, strangers }
}

function isOfOther(result: TaskResult | null): boolean {
  return result?.result === 'failed' && result.reason === 'other_user'
}
