import { parseAction, ruleOf } from '../okta/actions.ts'
import type { OktaUser } from '../okta/user.ts'
import { clocksApartMs } from './doubt.ts'
import type { TaskResult } from './result.ts'

/**
 * The last change of a user that a call of ours made or is taken to have made. That the user is where it leads does not
 * show that a later call, lost with a part of the journal, was applied.
 */
export interface ExplainedChange {
  /** The statuses to which it may have led. */
  readonly to: readonly string[]
  /**
   * The latest time that Okta may show for it, in epoch ms. Null for an action that Okta may carry out in the
   * background, long after it has accepted it.
   */
  readonly until: number | null
}

/**
 * The change that a task with this result made; null if it made none.
 *
 * @param acceptedBy the time by which Okta had accepted its call, in epoch ms by its clock; null if no answer says so
 */
export function changeOf(
  { action, result, finished_at: ended }: TaskResult,
  acceptedBy: number | null,
): ExplainedChange | null {
  const known = parseAction(action)
  if (result !== 'succeeded' || known === null) return null
  const { target: to, respondsAsync } = ruleOf(known)
  if (to.length === 0) return null
  // Without an answer, a look shows that it was applied: all that it showed had happened before the end.
  const by = acceptedBy ?? Date.parse(ended ?? '')
  return { to, until: respondsAsync || Number.isNaN(by) ? null : by + clocksApartMs }
}

/** Whether a change explains what Okta shows of the user. */
export function explains(
  { to, until }: ExplainedChange,
  user: Pick<OktaUser, 'status' | 'statusChanged' | 'transitioningToStatus'>,
): boolean {
  if (!to.includes(user.transitioningToStatus ?? user.status)) return false
  return until === null || user.statusChanged === null || !(Date.parse(user.statusChanged) > until)
}
