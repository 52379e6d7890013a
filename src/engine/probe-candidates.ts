import type { InputRow, ValidRow } from '../input/row.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { judgeDue } from '../rules/row-verdict.ts'
import { noteFailure, type RowsAtWork } from './rows.ts'

/** What a probe works with: the rows at work, and the input, which it may read from the beginning several times. */
export interface ProbeInput {
  readonly work: RowsAtWork
  readonly rows: () => AsyncIterable<InputRow>
}

/** The first step of a row without a result; null if all have one. */
export function nextStep({ services }: RowsAtWork, { row, actions }: ValidRow): number | null {
  for (let step = 1; step <= actions.length; step++) {
    if (!services.recorder.state.hasResult({ row, step })) return step
  }
  return null
}

/**
 * Whether a row may begin before its turn, as far as its own state shows. A row that was sent before may begin early
 * only if its last call was refused or certainly not applied, because then nothing about it is in doubt.
 */
function mayBegin({ reach, services }: RowsAtWork, valid: ValidRow): boolean {
  const { row, actions } = valid
  const { state } = services.recorder
  return (
    isDue(services, valid) &&
    !reach.atWork.has(row) &&
    actions.every((_, index) => {
      const last = state.progressOf({ row, step: index + 1 })?.last.kind
      return last === undefined || last === 'refused' || last === 'not_applied'
    })
  )
}

function isDue({ lookup }: RowsAtWork['services'], { due }: ValidRow): boolean {
  return judgeDue({ due }, lookup.clock.nowAtLeast()) === null
}

/** Whether a user was found to be the cause when Okta refused the action that a row is at. */
export function isKnown(work: RowsAtWork, row: ValidRow, user: string): boolean {
  const action = row.actions[(nextStep(work, row) ?? 1) - 1]
  return action !== undefined && work.services.recorder.state.refusedUsers.has(action, user)
}

/** Returns a test for rows of the rest of the input that the pass has not begun. */
export function isLeft({ work }: ProbeInput): (row: ValidRow) => boolean {
  const { reach } = work
  return (row) => {
    if ((row.row <= reach.row && !reach.queued.has(row.row)) || reach.early.has(row.row)) return false
    const step = nextStep(work, row)
    return step !== null && step <= reach.lastStep && mayBegin(work, row)
  }
}

/** Returns a test for rows that the pass has nothing to do for any more, but a later pass has. */
export function isForLaterPass({ work }: ProbeInput): (row: ValidRow) => boolean {
  return (row) => {
    const step = nextStep(work, row)
    return step !== null && step > work.reach.lastStep && mayBegin(work, row)
  }
}

/**
 * The step of a later pass that rows may be tried for: the earliest one that any row for a later pass is at. They may be
 * at different steps, because a probe of an earlier execution tried some of them. Null if there is no such row, or if
 * another row has not yet done the step that the probe has tried; rows at work are left out of that.
 *
 * @param triedStep the step that the probe has tried last, from 1; 0 before the first
 */
export async function nextStepOfAll(input: ProbeInput, triedStep: number): Promise<number | null> {
  const { work } = input
  const { reach, services } = work
  const isLater = isForLaterPass(input)
  const isFree = (row: ValidRow): boolean => isLater(row) && (triedStep > 0 || !reach.early.has(row.row))
  let [least, leastOfAll] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for await (const row of input.rows()) {
    if (row.kind !== 'valid' || reach.atWork.has(row.row) || !isDue(services, row)) continue
    const step = nextStep(work, row) ?? Number.POSITIVE_INFINITY
    leastOfAll = Math.min(leastOfAll, step)
    if (isFree(row)) least = Math.min(least, step)
  }
  const isTooFar = triedStep > 0 && least > triedStep && leastOfAll < least
  return isTooFar || least === Number.POSITIVE_INFINITY ? null : least
}

/** How many refusals a probe looks for, and when. */
export interface ProbeBounds {
  /** How many refusals are enough. */
  readonly most: number
  /** Whether the pass has come to a halt: no other row of it can begin. */
  readonly atHalt: boolean
}

/** How many executions the run has had before this one. */
export function turnOf({ executions }: Pick<JournalState, 'executions'>): number {
  return Math.max(0, executions.count - 1)
}

/** A probe that can't be made decides nothing: the run stops, and `resume` takes up what is held. */
export async function failingInOrder<T>({ work }: ProbeInput, probe: () => Promise<T>): Promise<T> {
  try {
    return await probe()
  } catch (error) {
    noteFailure(work.services, work.failures, error)
    throw error
  }
}
