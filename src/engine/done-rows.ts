import { type InputRow, signatureOf, type ValidRow } from '../input/row.ts'
import type { Outcome } from '../journal/outcome-table.ts'
import { readUserRequest } from '../okta/request.ts'
import { normalizeUserKey } from '../okta/user.ts'
import type { TaskResult } from '../rules/result.ts'
import { leavesDoubt, ledBy, meansNobody } from '../rules/row-order.ts'
import type { UserOrder } from '../rules/user-order.ts'
import type { Services } from '../task/services.ts'
import type { RowsAtWork } from './rows.ts'

/**
 * The results that a row has so far; null if it is done up to the last step of the pass. What a done row leaves for
 * later ones is then known: to the order of its user, and to the names that have stood for somebody.
 *
 * The pass asks for every row at its turn, and a probe for all rows before the one that it tries. So:
 *
 * - **D1** Before a call of a row is sent, all done rows before it are known, whatever names they had for its user; and
 *   so are the names for which rows before it have been begun.
 * - **D2** Each done row is taken in once and in the order of the input, so that no row is judged by one before the
 *   latest.
 * - **D3** A row that this execution carries out leaves its trace by itself, and is not taken in a second time.
 */
export async function resultsIfLeft(work: RowsAtWork, row: ValidRow): Promise<readonly TaskResult[] | null> {
  const { lastStep } = work.reach
  const known = work.outcomes.of(row.row)
  const recorded = isDone(row, known, lastStep) ? null : await recordedResults(work, row)
  const isLeft = recorded !== null && !isDone(row, recorded, lastStep)
  learn(work, row, recorded ?? known, isLeft)
  return isLeft ? recorded : null
}

/** Whether a row that can't be carried out has its result already. */
export function isRefused({ services, outcomes }: RowsAtWork, { row }: InputRow): boolean {
  return outcomes.of(row).length > 0 || services.recorder.state.hasResult({ row, step: 1 })
}

/** @param isLeft whether the row is not done: it will leave its trace when it ends */
function learn(work: RowsAtWork, row: ValidRow, outcomes: readonly Outcome[], isLeft: boolean): void {
  const { services, order, reach } = work
  if (row.row <= reach.learnt) return
  reach.learnt = row.row
  if (reach.early.has(row.row)) return
  const user = finishedUser(services, row, outcomes)
  const begun = services.recorder.state.userOf(row.row)
  if (services.job.read_first && (user !== null || begun !== null)) {
    services.meant.note(row.row, row.user, user?.login ?? begun?.login ?? null)
    services.witness.id ??= user?.id ?? null
    const { users } = services.lookup.patience
    if (user !== null && users.knowsFew) users.couldRead(readUserRequest(user.id))
  }
  if (!isLeft) rememberDone(services, order, row, outcomes)
}

/**
 * Lets the order of users know what a done row left.
 *
 * @returns the user with whom it left a trace; null if it left none
 */
export function rememberDone(
  services: Services,
  order: UserOrder,
  row: ValidRow,
  outcomes: readonly Outcome[],
): string | null {
  const user = finishedUser(services, row, outcomes)
  // A row that a later one has superseded was not carried out, so it does not count as a preceding row.
  if (user === null || outcomes.every(({ reason }) => reason === 'superseded')) return null
  const inDoubt = outcomes.some(leavesDoubt)
  order.remember(row.user, user, (preceding) => ({
    signature: signatureOf(row),
    inDoubt: inDoubt || (preceding?.inDoubt ?? false),
    ledTo: ledBy(outcomes, preceding?.ledTo ?? null),
  }))
  return user.id
}

/** Whether all of a row's steps up to the last one of the pass have results. */
function isDone(row: ValidRow, outcomes: readonly Outcome[], lastStep: number): boolean {
  const steps = Math.min(lastStep, row.actions.length)
  return outcomes.filter(({ step }) => step <= steps).length === steps
}

/**
 * The user of a row that is done already, as the order of users knows it; null if the row meant none, or if its user could
 * not be read. Such a row leaves no trace while it is at work either: it was not judged, though its id may be known.
 */
function finishedUser(
  { job }: Services,
  row: ValidRow,
  outcomes: readonly Outcome[],
): { readonly id: string; readonly login: string } | null {
  if (outcomes.some(meansNobody)) return null
  if (!job.read_first) return { id: normalizeUserKey(row.user), login: '' }
  const named = outcomes.filter(({ okta_user_id: id }) => id !== null)
  // After a loss, a call is looked into by the id alone.
  const result = named.find(({ okta_login: login }) => login !== null) ?? named.find(wasJudged)
  if (result === undefined || result.okta_user_id === null) return null
  return { id: result.okta_user_id, login: result.okta_login ?? '' }
}

function wasJudged({ result }: Outcome): boolean {
  return result !== 'failed' && result !== 'skipped'
}

/** The results of a row that are on disk, by step. */
export async function recordedResults(
  { services, results }: Pick<RowsAtWork, 'services' | 'results'>,
  row: ValidRow,
): Promise<readonly TaskResult[]> {
  const recorded: TaskResult[] = []
  for (let step = 1; step <= row.actions.length; step++) {
    const position = services.recorder.state.resultPosition({ row: row.row, step })
    if (position !== null) recorded.push(await results.read(position))
  }
  return recorded
}
