import { actionColumnNames, plainName } from '../input/columns/column-names.ts'
import type { ValidRow } from '../input/row.ts'
import { type Survey, SurveyCounter } from '../input/survey.ts'
import { mayBeNone } from '../journal/journal-check.ts'
import { readJournal } from '../journal/journal-reader.ts'
import { JournalState } from '../journal/journal-state.ts'
import { OwnCalls } from '../journal/own-calls.ts'
import type { Action } from '../okta/actions.ts'
import { looksLikeUserId } from '../okta/user.ts'
import { cellsOfLeftAs, leftAsColumns, takenBackColumn } from '../rules/left-as.ts'
import { NetEffect, type Reversal } from '../rules/net-effect.ts'
import type { InputCopy } from '../run/input-copy.ts'
import type { NextRun, OldRun } from '../run/old-run.ts'
import { hasJournal, journalOf } from '../run/run-directory.ts'
import { openInput } from '../run/write-input.ts'

/** What an undo of a run can take back, and what it can't. */
export interface Undoable {
  readonly reversals: readonly Reversal[]
  /** How many calls of each action can't be taken back. */
  readonly lasting: ReadonlyMap<Action, number>
  /** Users whom the runs themselves have already brought back. */
  readonly alreadyBack: number
  /** Users of whom nobody knows where they were before the runs, because one of these is not there any more. */
  readonly perhapsBack: number
  /** Tasks of which nobody knows whether they were applied. */
  readonly inDoubt: number
  /** Users whose call was accepted but did not hold when the run looked: it may have taken hold since. */
  readonly notHeld: number
  /** Successes on users of whom nobody knows whether the runs left them so, or where they were before. */
  readonly unsure: number
  /** Tasks without a result: they were never done. */
  readonly notDone: number
}

/** The input of an undo, as written to its directory. */
export interface UndoInput {
  readonly copy: InputCopy
  readonly survey: Survey
}

/** The columns of an undo's input. */
export const undoColumns = [
  'user',
  'action',
  'login',
  'row_taken_back',
  ...leftAsColumns,
  takenBackColumn,
] as const

/**
 * Finds out what a run and those that it retries did to each user, from their journals. Changes nothing.
 *
 * @param retried the runs that it retries, the oldest first
 * @param isWhole whether these are all of them
 * @throws KnownError when a journal can't be read
 */
export async function findUndoable(
  old: OldRun,
  retried: readonly OldRun[],
  isWhole: boolean,
): Promise<Undoable> {
  const effect = new NetEffect()
  const notHeld = new Set<string>()
  for (const before of retried) await replay(before, effect, notHeld)
  const state = await replay(old, effect, notHeld)
  const isKnown = isWhole || hasOneAction(old)
  const reversals = effect.reversals()
  return {
    reversals: isKnown ? reversals : [],
    perhapsBack: isKnown ? 0 : reversals.length + effect.alreadyBack,
    lasting: effect.lasting,
    alreadyBack: isKnown ? effect.alreadyBack : 0,
    inDoubt: state.counts.get('in_doubt') ?? 0,
    notHeld: notHeld.size,
    unsure: effect.unsure,
    notDone: old.run.input.tasks - state.done,
  }
}

/** Whether a run certainly does the same to everybody, so that nobody is led back in it. */
function hasOneAction({ run: { job, input } }: OldRun): boolean {
  const isTable = input.format === 'csv' || input.format === 'xlsx'
  const hasColumn = input.columns.some((name) => actionColumnNames.includes(plainName(name)))
  const isOfJob = job.action !== null && job.steps === null && job.input.action_column === null
  return isTable && isOfJob && !hasColumn
}

/**
 * Passes a run's own calls to the net effect, in the order in which they were applied.
 *
 * @param notHeld the users whose call was accepted but did not hold, unless a later one of the same action did
 */
async function replay(
  { directory, run, recorded }: OldRun,
  effect: NetEffect,
  notHeld: Set<string>,
): Promise<JournalState> {
  const file = journalOf(directory, run, recorded)
  const calls = new OwnCalls((call) => effect.see({ ...call, run: run.run_id }))
  const state = new JournalState(file.stepsPerRow)
  if (!mayBeNone(file.recorded) || (await hasJournal(directory))) {
    await readJournal(
      file.path,
      ({ event, offset, length }) => {
        state.apply(event, { offset, length })
        calls.see(event)
        if (event.event !== 'result') return
        const name = `${event.action} ${event.okta_user_id ?? event.user}`
        if (event.verified === 'not_held') notHeld.add(name)
        else if (event.result === 'succeeded') notHeld.delete(name)
      },
      { run: file.runId, head: file.recorded },
    )
  }
  return state
}

/**
 * Writes the input of an undo: one row per user, with how the run left the user. The directory is not a run until it
 * has a `run.json`.
 *
 * @throws KnownError when it can't be written
 */
export async function writeUndoInput(reversals: readonly Reversal[], next: NextRun): Promise<UndoInput> {
  const input = await openInput(next.directory, 'csv', undoColumns)
  const counter = new SurveyCounter(Date.now())
  try {
    for (const [index, reversal] of reversals.entries()) {
      const row = rowOf(reversal, index + 1)
      counter.add(row)
      await input.add(row)
    }
    return { copy: await input.finish(), survey: counter.survey() }
  } finally {
    await input.discard()
  }
}

function rowOf({ user, login, action, row: takenBack, run, left }: Reversal, row: number): ValidRow {
  const cells = [user, action, login ?? '', String(takenBack), ...cellsOfLeftAs(left), run]
  return {
    kind: 'valid',
    row,
    line: row + 1,
    user,
    keyKind: looksLikeUserId(user) ? 'id' : 'address',
    actions: [action],
    sendEmail: null,
    due: null,
    checkLogin: null,
    cells: new Map(undoColumns.map((column, index) => [column, cells[index] ?? ''])),
  }
}
