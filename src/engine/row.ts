import type { ValidRow } from '../input/row.ts'
import { type FailedRead, type FoundUser, readUser } from '../lookup/read-user.ts'
import type { Action } from '../okta/actions.ts'
import { normalizeUserKey } from '../okta/user.ts'
import type { ResultName, SkipReason, TaskResult } from '../rules/result.ts'
import { unsentResult } from '../rules/unsent-result.ts'
import type { Services } from './services.ts'
import { Task } from './task/task.ts'
import type { Place, RowTrace } from './user-order.ts'

/** The user that a row means, and what was just read of it. */
interface Located {
  /** What calls go to: the id, or the key where users are not read. */
  readonly target: string
  /** Under what the row's trace is kept; null where the row means no user. */
  readonly traceId: string | null
  readonly read: FoundUser | FailedRead | null
}

/** A task that ended without its own doing: what the row or an earlier row decided for it. */
interface Skip {
  readonly reason: SkipReason
  readonly message: string
}

/**
 * Runs the tasks of a row, in order, each to its result on disk. Rows of the same user wait for each other.
 *
 * @param recorded the row's results from earlier executions
 * @throws RunStopped where the run stops first
 */
export async function runRow(
  services: Services,
  row: ValidRow,
  place: Place,
  recorded: readonly TaskResult[],
): Promise<void> {
  let located: Located | null = null
  let trace: RowTrace | null = null
  try {
    await place.waitForSameKey()
    services.stop.check()
    located = await locate(services, row, place, recorded)
    const preceding = located.traceId === null ? null : place.preceding(located.traceId)
    const inDoubt = await runTasks(services, row, located, recorded, skipForPreceding(row, preceding))
    trace = { signature: signatureOf(row), inDoubt }
  } finally {
    place.finish(located?.traceId ?? null, trace)
  }
}

/** What a row asks for, as one text: equal for rows that ask for the same of the same user. */
export function signatureOf(row: ValidRow): string {
  return `${row.actions.join(',')} ${row.sendEmail ?? ''}`
}

/** Whether a result forbids doing anything more with its user. */
export function leavesDoubt(result: {
  readonly result: ResultName
  readonly reason: SkipReason | null
}): boolean {
  return result.result === 'in_doubt' || result.reason === 'in_doubt'
}

async function locate(
  services: Services,
  row: ValidRow,
  place: Place,
  recorded: readonly TaskResult[],
): Promise<Located> {
  const begun = begunWith(services, row, recorded)
  if (!services.job.read_first) {
    const target = begun?.id ?? row.user
    const traceId = normalizeUserKey(target)
    // Rows of the same key have been waited for already: where no user is read, only one that was begun may mean another.
    if (begun !== null) await place.claim({ id: traceId, login: '' })
    return { target, traceId, read: null }
  }
  if (begun !== null) {
    // A login may belong to someone else by now: what was begun goes on by the id.
    await place.claim(begun)
    return { target: begun.id, traceId: begun.id, read: null }
  }
  const firstOpen = { row: row.row, step: recorded.length + 1 }
  for (;;) {
    const read = await readUser(services, firstOpen, row.user, true)
    if (read.kind === 'failed') return { target: row.user, traceId: null, read }
    const waited = await place.claim(read.user)
    // Earlier rows of the user may have changed it meanwhile.
    if (!waited) return { target: read.user.id, traceId: read.user.id, read }
  }
}

/** The user that the row was begun with in an earlier execution, or null. */
function begunWith(
  services: Services,
  row: ValidRow,
  recorded: readonly TaskResult[],
): { readonly id: string; readonly login: string } | null {
  for (const [index] of row.actions.entries()) {
    const intent = services.recorder.state.progressOf(row.row, index + 1)?.open?.intent
    if (intent !== undefined) return { id: intent.user_id, login: intent.login ?? '' }
  }
  const result = recorded.find((known) => known.okta_user_id !== null)
  return result === undefined ? null : { id: result.okta_user_id ?? row.user, login: result.okta_login ?? '' }
}

/** What the preceding row of the same user decides for a row; null where it decides nothing. */
export function skipForPreceding(row: ValidRow, preceding: RowTrace | null): Skip | null {
  if (preceding === null) return null
  if (preceding.inDoubt) {
    return { reason: 'in_doubt', message: 'an earlier row of this user is in doubt: nothing more was sent' }
  }
  if (preceding.signature === signatureOf(row)) {
    return { reason: 'duplicate', message: "repeats the same user's preceding row" }
  }
  return null
}

/** Runs what has no result yet. Returns whether something of the row is in doubt. */
async function runTasks(
  services: Services,
  row: ValidRow,
  located: Located,
  recorded: readonly TaskResult[],
  skip: Skip | null,
): Promise<boolean> {
  let inDoubt = false
  let skipRest = skip
  let read = located.read
  for (const [index, action] of row.actions.entries()) {
    const step = index + 1
    let result = recorded.find((known) => known.step === step)
    if (result === undefined && skipRest === null) {
      services.stop.check()
      const task = new Task(services, {
        row: row.row,
        step,
        userKey: row.user,
        action,
        sendEmail: row.sendEmail,
        target: located.target,
        read,
      })
      const ended = await task.run()
      result = ended.result
      read = ended.read
      await services.recorder.result(result)
    } else if (result === undefined && skipRest !== null) {
      services.stop.check()
      result = skippedResult(row, step, action, skipRest, located, services.job.read_first)
      await services.recorder.result(result)
    }
    if (result === undefined) continue
    inDoubt ||= leavesDoubt(result)
    skipRest ??= skipAfter(result)
  }
  return inDoubt
}

function skipAfter(result: TaskResult): Skip | null {
  if (result.result === 'failed') {
    return { reason: 'earlier_step', message: `step ${result.step} (${result.action}) of this row failed` }
  }
  if (result.result === 'in_doubt') {
    return { reason: 'in_doubt', message: `step ${result.step} (${result.action}) of this row is in doubt` }
  }
  return null
}

function skippedResult(
  row: ValidRow,
  step: number,
  action: Action,
  skip: Skip,
  located: Located,
  readFirst: boolean,
): TaskResult {
  const user = located.read?.kind === 'found' ? located.read.user : null
  const status = user?.status ?? null
  const task = { row: row.row, step, user: row.user, action, ...skip }
  return {
    ...unsentResult(task, new Date().toISOString()),
    status_before: status,
    status_after: status,
    okta_user_id: readFirst ? located.traceId : null,
    okta_login: user?.login ?? null,
  }
}
