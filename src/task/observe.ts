import type { OpenAttempt } from '../journal/task-progress.ts'
import { readSettledUser } from '../lookup/read-settled-user.ts'
import { type FailedRead, type FoundUser, readFactorTimes } from '../lookup/read-user.ts'
import { ruleOf } from '../okta/actions.ts'
import type { LookAfterLoss, Observation } from '../rules/doubt.ts'
import type { Services } from './services.ts'
import type { TaskInput } from './state.ts'

/** What a doubt is settled by, or why that could not be read. */
export type Observed =
  | {
      /** Null if the look was made before. */
      readonly read: FoundUser | null
      readonly observation: Observation
      /** The target that the user was on the way to and did not reach; null if Okta showed no such thing. */
      readonly fellBackFrom: string | null
    }
  | { readonly failed: FailedRead }

/** The first look after a loss, as what is observed. */
export function lookedBefore(user: LookAfterLoss): Observed {
  return { read: null, observation: { user, factorTimes: null }, fellBackFrom: null }
}

/**
 * What Okta shows of the user now, as far as settling the action needs it.
 *
 * @throws RunStopped when the run stops first
 */
export async function observe(
  { lookup, job }: Services,
  { action, target: userId }: TaskInput,
  { intent }: OpenAttempt,
): Promise<Observed> {
  const { target, doubt } = ruleOf(action)
  // A lost call is only assumed, and its user may not have been known then.
  const id = intent.lost === true && intent.login === null ? userId : intent.user_id
  let onTheWay: string | null = null
  const read = await readSettledUser(lookup, id, null, job.verify.for_seconds * 1000, (to) => {
    if (target.some((status) => status === to)) onTheWay = to
  })
  if (read.kind === 'failed') return { failed: read }
  const { status, transitioningToStatus } = read.user
  const isBack = transitioningToStatus === null && !target.includes(status)
  const fellBackFrom = isBack ? onTheWay : null
  if (doubt !== 'factors') return { read, observation: { user: read.user, factorTimes: null }, fellBackFrom }
  const factorTimes = await readFactorTimes(lookup, id)
  if ('kind' in factorTimes) return { failed: factorTimes }
  return { read, observation: { user: read.user, factorTimes }, fellBackFrom }
}
