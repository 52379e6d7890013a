import type { ValidRow } from '../input/row.ts'
import { goesOn, type JobStep } from '../job/step.ts'
import type { RoleFinding } from '../lookup/role-checks.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { OktaUser } from '../okta/user.ts'
import { decide } from '../rules/decide.ts'
import type { Expectation } from '../rules/expectation.ts'
import { type GuardVerdict, guardUser, type UserGuards } from '../rules/guards.ts'
import type { SkipReason } from '../rules/result.ts'
import { skipForPreceding } from '../rules/row-order.ts'
import type { RowVerdict } from '../rules/row-verdict.ts'
import type { PlannedTask } from './plan-schema.ts'

/** A status that the user may have and, after a suspension, the status before it, to which an unsuspend leads back. */
export interface PossibleStatus {
  readonly status: UserStatus
  /** Null unless a task before this one suspends the user. */
  readonly suspendedFrom: UserStatus | null
}

/** A name that is the same for equal statuses. */
export function nameOfPossible({ status, suspendedFrom }: PossibleStatus): string {
  return `${status}/${suspendedFrom ?? ''}`
}

/**
 * The user of a row, in the state after the rows before it.
 *
 * - `known`: the user has one of these statuses; there are several if an earlier action may lead to several.
 * - `open`: the status is not known, for the reason `why`. `verdict` gives a guard's verdict that holds anyway.
 * - `missing`: the user can't be read, so the first task of the row fails, and the later ones are skipped.
 */
export type Subject =
  | {
      readonly kind: 'known'
      /** As it was read: `offered` holds for the status at that moment. */
      readonly user: Pick<OktaUser, 'id' | 'login' | 'status' | 'offered'>
      readonly possible: readonly PossibleStatus[]
    }
  | {
      readonly kind: 'open'
      readonly why: string
      readonly verdict: (action: Action) => GuardVerdict | null
      /** Whether the call is sent whatever the status is. */
      readonly sentAnyway: boolean
    }
  | { readonly kind: 'missing'; readonly why: string }

/** The outcome of a look-up of the user's admin roles; null if it was not made, or the user has none. */
export type PlannedRoles = Exclude<RoleFinding, { kind: 'none' }> | null

/** The planned outcome of a row. */
export interface SimulatedRow {
  readonly tasks: readonly PlannedTask[]
  /** The statuses that the user may have after the row; null if not known. */
  readonly possible: readonly PossibleStatus[] | null
  /** Why the row ends as a whole without a call; null if it does not. */
  readonly skipped: SkipReason | null
}

/** One possible course of events so far. */
interface World {
  /** Null if it is not known or there is no user. */
  readonly now: PossibleStatus | null
  /** Why the rest of the row is skipped; null if it is not. */
  readonly skip: string | null
  /** Statuses that the row's own earlier steps have led to. */
  readonly ledTo: readonly UserStatus[]
}

/** How a task ends in one world, and the worlds that follow from it. */
interface Outcome {
  readonly expected: Expectation
  readonly reason: string | null
  readonly worlds: readonly World[]
}

/**
 * Plays a row through without sending anything. If an action may lead to several statuses, all of them are followed,
 * and a result is expected only if they agree.
 *
 * @param preceding the signature of the same user's preceding row; null if there is none
 * @param steps the job's steps; null if it has none
 * @param done steps that have a result already: the user is read after them, and they are not planned
 * @param roles counts only if a call would be sent
 */
export function simulateRow(
  row: ValidRow,
  subject: Subject,
  guards: UserGuards,
  preceding: string | null,
  steps: readonly JobStep[] | null,
  done: readonly number[] = [],
  roles: PlannedRoles = null,
): SimulatedRow {
  const duplicate = skipForPreceding(
    row,
    preceding === null ? null : { signature: preceding, inDoubt: false },
  )
  const skip = duplicate?.message ?? null
  let worlds: readonly World[] =
    subject.kind === 'known'
      ? subject.possible.map((now) => ({ now, skip, ledTo: [] }))
      : [{ now: null, skip, ledTo: [] }]
  const tasks: PlannedTask[] = []
  for (const [index, action] of row.actions.entries()) {
    const step = index + 1
    if (done.includes(step)) continue
    const outcomes = worlds.map((world) =>
      outcomeIn(world, { action, step, goesOn: goesOn(steps, step), roles }, subject, guards),
    )
    const statuses = distinct(worlds.map(({ now }) => now?.status ?? null))
    tasks.push({
      row: row.row,
      step,
      user: row.user,
      okta_login: null,
      action,
      status: statuses.length === 1 ? (statuses[0] ?? null) : null,
      ...agreed(outcomes, statuses),
    })
    worlds = merged(outcomes.flatMap((outcome) => outcome.worlds))
  }
  const ends = worlds.map(({ now }) => now)
  return {
    tasks,
    possible: ends.every((now) => now !== null) ? distinctStatuses(ends) : null,
    skipped: duplicate?.reason ?? null,
  }
}

/** The tasks of a row that ends as a whole, without a call. */
export function simulateEnded(
  row: ValidRow,
  verdict: RowVerdict,
  login: string | null,
  steps: readonly JobStep[] | null,
): readonly PlannedTask[] {
  const stopsAt = verdict.result === 'failed' ? row.actions.findIndex((_, at) => !goesOn(steps, at + 1)) : -1
  return row.actions.map((action, index) => {
    const isLater = stopsAt !== -1 && index > stopsAt
    return {
      row: row.row,
      step: index + 1,
      user: row.user,
      okta_login: login,
      action,
      status: null,
      expected: isLater ? 'skipped' : verdict.result,
      reason: isLater ? `step ${stopsAt + 1} (${row.actions[stopsAt]}) of this row failed` : verdict.message,
    }
  })
}

/** A step of a row. */
interface SimulatedStep {
  readonly action: Action
  readonly step: number
  /** Whether the later steps of the row go on although this one failed. */
  readonly goesOn: boolean
  readonly roles: PlannedRoles
}

function outcomeIn(world: World, task: SimulatedStep, subject: Subject, guards: UserGuards): Outcome {
  if (world.skip !== null) return { expected: 'skipped', reason: world.skip, worlds: [world] }
  // Nobody knows who the user is, so no later step goes on either, whatever the job says.
  if (subject.kind === 'missing') return failed(world, { ...task, goesOn: false }, subject.why)
  if (subject.kind === 'open') {
    const verdict = subject.verdict(task.action)
    if (verdict !== null) return { expected: 'skipped', reason: verdict.message, worlds: [world] }
    if (subject.sentAnyway && task.roles !== null) return withoutCall(world, task, task.roles)
    return { expected: 'unknown', reason: subject.why, worlds: [world] }
  }
  if (world.now === null) throw new Error('A known user has no status.')
  const { status } = world.now
  const offered = status === subject.user.status ? subject.user.offered : []
  const user = { ...subject.user, status, offered, statusChanged: null, transitioningToStatus: null }
  const verdict = guardUser(user, guards, world.ledTo, task.action)
  if (verdict !== null) return { expected: 'skipped', reason: verdict.message, worlds: [world] }
  const decision = decide(task.action, user)
  if (decision.kind === 'unchanged') {
    return { expected: 'unchanged', reason: decision.message, worlds: [world] }
  }
  if (decision.kind === 'failed') return failed(world, task, decision.message)
  if (task.roles !== null) return withoutCall(world, task, task.roles)
  const { unchangedAfterRefusalIn } = ruleOf(task.action)
  const ledTo = [...world.ledTo, ...ruleOf(task.action).target]
  const worlds = after(task.action, world.now).map((now) => ({ now, skip: null, ledTo }))
  return unchangedAfterRefusalIn.includes(status)
    ? {
        expected: 'unknown',
        reason: `user is ${status}; only Okta's answer to ${task.action} will show what happens`,
        worlds: [world],
      }
    : { expected: 'succeeded', reason: null, worlds }
}

/** The outcome of a task that would be sent if the user had no admin role. */
function withoutCall(world: World, task: SimulatedStep, roles: NonNullable<PlannedRoles>): Outcome {
  if (roles.kind === 'failed') return failed(world, task, roles.message)
  return { expected: 'skipped', reason: roles.verdict.message, worlds: [world] }
}

/** The statuses that an applied action may lead to. */
function after(action: Action, now: PossibleStatus): readonly PossibleStatus[] {
  if (action === 'unsuspend' && now.suspendedFrom !== null) {
    return [{ status: now.suspendedFrom, suspendedFrom: null }]
  }
  const { target } = ruleOf(action)
  if (target.length === 0) return [now]
  const suspendedFrom = action === 'suspend' ? now.status : null
  return target.map((status) => ({ status, suspendedFrom }))
}

function failed(world: World, { action, step, goesOn: on }: SimulatedStep, reason: string): Outcome {
  const skip = on ? null : `step ${step} (${action}) of this row failed`
  return { expected: 'failed', reason, worlds: [{ ...world, skip }] }
}

/** What is certain in all possible worlds. */
function agreed(
  outcomes: readonly Outcome[],
  statuses: readonly (UserStatus | null)[],
): Pick<PlannedTask, 'expected' | 'reason'> {
  const [expected = 'unknown', ...others] = distinct(outcomes.map((outcome) => outcome.expected))
  if (others.length > 0) {
    const reason =
      statuses.length > 1
        ? `it depends on whether user is ${statuses.join(' or ')} by then`
        : 'it depends on how an earlier step of this row ends'
    return { expected: 'unknown', reason }
  }
  const reasons = distinct(outcomes.map(({ reason }) => reason)).filter((reason) => reason !== null)
  return { expected, reason: reasons.length === 0 ? null : reasons.join(', or ') }
}

function merged(worlds: readonly World[]): readonly World[] {
  const byName = new Map(
    worlds.map((world) => [
      `${world.now === null ? '' : nameOfPossible(world.now)} ${world.skip} ${world.ledTo}`,
      world,
    ]),
  )
  return [...byName.values()]
}

function distinctStatuses(all: readonly PossibleStatus[]): readonly PossibleStatus[] {
  return [...new Map(all.map((one) => [nameOfPossible(one), one])).values()]
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}
