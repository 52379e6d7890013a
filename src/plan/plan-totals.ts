import type { InputRow } from '../input/row.ts'
import type { Job } from '../job/job.ts'
import { type Action, actionNames, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import { normalizeUserKey } from '../okta/user.ts'
import { ControlCounter } from '../rules/control-totals.ts'
import { type Expectation, expectations, wouldSend } from '../rules/expectation.ts'
import { verifiedBy } from '../rules/verify.ts'
import type { PlannedRow } from './plan-rows.ts'
import type { PlanRequests, PlanTotals } from './plan-schema.ts'

/** Counts planned rows one by one and keeps none of them. */
export interface PlanCounter {
  add(planned: PlannedRow): void
  totals(): PlanTotals
  requests(): PlanRequests
}

/**
 * A counter for a job's rows.
 *
 * @param begun what a run sends before its first row: reads of the token's owner, and of what the guards need
 */
export function createPlanCounter(
  job: Pick<Job, 'options' | 'read_first' | 'verify'>,
  begun: Pick<PlanRequests, 'reads' | 'roles'> = { reads: 1 },
): PlanCounter {
  const control = new ControlCounter()
  let tasks = 0
  let mails = 0
  let { reads, roles = 0 } = begun
  let lifecycle = 0
  const expected = noneExpected()
  const actions: Partial<Record<Action | 'unknown', Record<Expectation, number>>> = {}
  const statuses: Partial<Record<UserStatus | 'unknown', Record<Expectation, number>>> = {}
  const users = new Set<string>()
  const deactivated = new Set<string>()
  const fromDirectory = new Set<string>()

  function addUser(user: PlannedRow['user'], key: string, action: Action): void {
    const name = user?.id ?? Buffer.from(normalizeUserKey(key)).toString()
    users.add(name)
    if (action === 'deactivate') deactivated.add(name)
    if (user !== null && user.directory !== null) fromDirectory.add(name)
  }

  function addTask(action: Action, row: InputRow, afterSending: boolean, later: readonly Action[]): void {
    lifecycle++
    if (row.kind === 'valid' && sendsMail(action, row.sendEmail, job)) mails++
    const verified = verifiedBy(job.verify, action, later)
    if (verified === 'factors') lifecycle++
    if (verified === 'status' || (job.read_first && readsBack(action, job))) reads++
    // A read from before a call is out of date for the step after it.
    if (job.read_first && afterSending) reads++
  }

  return {
    add({ row, tasks: planned, skipped, isRead, looksUpRoles, user }) {
      control.add(skipped)
      if (isRead) reads++
      if (looksUpRoles) {
        reads++
        roles++
      }
      let sentBefore = false
      for (const [index, task] of planned.entries()) {
        const { action: name, user: key, status, expected: expectation } = task
        const action = actionOf(name)
        tasks++
        expected[expectation]++
        count(actions, action ?? 'unknown', expectation)
        count(statuses, status ?? 'unknown', expectation)
        const sent = wouldSend(expectation)
        if (sent && action !== undefined) {
          addTask(
            action,
            row,
            sentBefore,
            planned.slice(index + 1).flatMap(({ action: later }) => actionOf(later) ?? []),
          )
          addUser(user, key, action)
        } else if (sentBefore && job.read_first) reads++
        sentBefore = sent
      }
    },
    totals: () => ({
      rows: control.totals().rows,
      control_totals: control.totals(),
      tasks,
      expected: { ...expected },
      actions: structuredClone(actions),
      statuses: structuredClone(statuses),
      users: users.size,
      deactivated_users: deactivated.size,
      directory_users: fromDirectory.size,
      mails,
    }),
    requests: () => ({ reads, ...(roles === 0 ? {} : { roles }), lifecycle }),
  }
}

function sendsMail(action: Action, ofRow: boolean | null, { options }: Pick<Job, 'options'>): boolean {
  const byDefault = ruleOf(action).sendEmailDefault
  return byDefault !== null && (ofRow ?? options.send_email ?? byDefault)
}

/** Whether the run reads the user again after an accepted call, because the call does not show the new status. */
function readsBack(action: Action, { options }: Pick<Job, 'options'>): boolean {
  const { doubt, target, respondsAsync } = ruleOf(action)
  return doubt !== 'factors' && (target.length !== 1 || (respondsAsync && options.respond_async))
}

function count<Name extends string>(
  counts: Partial<Record<Name, Record<Expectation, number>>>,
  name: Name,
  expectation: Expectation,
): void {
  const some = counts[name] ?? noneExpected()
  some[expectation]++
  counts[name] = some
}

function noneExpected(): Record<Expectation, number> {
  return Object.fromEntries(expectations.map((name) => [name, 0])) as Record<Expectation, number>
}

function actionOf(name: string): Action | undefined {
  return actionNames.find((known) => known === name)
}
