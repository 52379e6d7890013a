import type { IntentEvent } from '../../journal/journal-event.ts'
import type { OpenAttempt } from '../../journal/journal-state.ts'
import { readSettledUser } from '../../lookup/read-settled-user.ts'
import { type FailedRead, type FoundUser, readFactorTimes } from '../../lookup/read-user.ts'
import { type Action, ruleOf } from '../../okta/actions.ts'
import { type Observation, settle, settlesAt } from '../../rules/doubt.ts'
import type { Services } from '../services.ts'
import type { Ending } from './ending.ts'

/** What a look at the user came to. Without an ending the attempt was not applied, and the task goes on. */
export interface Settlement {
  readonly ending: Ending | null
  readonly read: FoundUser | FailedRead
}

/**
 * Settles an attempt of which nobody knows whether it was applied: waits until it can no longer be under way, asks Okta,
 * and writes the verdict and what it rests on to the journal.
 *
 * @throws RunStopped where the run stops first; the doubt then stays for the next execution
 */
export async function settleDoubt(
  services: Services,
  action: Action,
  open: OpenAttempt,
): Promise<Settlement> {
  const { clock, recorder, begunAt, parked, stop, job, tally } = services
  const { intent, doubt } = open
  const { row, step, attempt } = intent
  const cause = doubt?.why ?? 'the run was cut off before the answer was recorded'
  const known = {
    oktaTime: intent.okta_time,
    status: intent.status,
    statusChanged: intent.status_changed,
  }
  const times = { intended: intent.okta_time, sent: doubt?.sent_okta_time ?? null, senderGone: begunAt }
  const settled = settlesAt(times, doubt?.at_once ?? false, intent.request_timeout_ms)
  await parked(() => stop.wait(settled - clock.nowAtLeast()))
  const observed = await observe(services, action, intent)
  if ('failed' in observed) {
    return {
      ending: { result: 'in_doubt', message: doubtful(action, cause, observed.failed.message) },
      read: observed.failed,
    }
  }
  const { read, observation } = observed
  const verdict = settle(action, known, observation)
  // A second reactivate is at worst a second mail; a second call of another action may undo what somebody did since.
  const mayRetry = ruleOf(action).doubt === 'nothing' && job.options.in_doubt === 'retry'
  const sendAgain = verdict.kind === 'unknown' && mayRetry
  await recorder.record({
    event: 'verdict',
    row,
    step,
    attempt,
    verdict: sendAgain ? 'not_applied' : verdict.kind,
    evidence: sendAgain ? `${verdict.evidence}; the job says in_doubt: retry` : verdict.evidence,
  })
  if (verdict.kind === 'not_applied' || sendAgain) {
    tally.retry('in_doubt')
    return { ending: null, read }
  }
  const statusAfter = read.user.status
  if (verdict.kind === 'applied') {
    const message = `confirmed, since ${verdict.evidence} (${cause})`
    return { ending: { result: 'succeeded', message, statusAfter }, read }
  }
  return {
    ending: { result: 'in_doubt', message: doubtful(action, cause, verdict.evidence), statusAfter },
    read,
  }
}

type Observed =
  | { readonly read: FoundUser; readonly observation: Observation }
  | { readonly failed: FailedRead }

/** What Okta shows of the user now, as far as the action's doubt needs it. */
async function observe(services: Services, action: Action, intent: IntentEvent): Promise<Observed> {
  const read = await readSettledUser(services, intent, intent.user_id, null)
  if (read.kind === 'failed') return { failed: read }
  if (ruleOf(action).doubt !== 'factors') return { read, observation: { user: read.user, factorTimes: null } }
  const factorTimes = await readFactorTimes(services, intent, read.user.id)
  if ('kind' in factorTimes) return { failed: factorTimes }
  return { read, observation: { user: read.user, factorTimes } }
}

function doubtful(action: Action, cause: string, evidence: string): string {
  return `${action} may or may not have been applied (${cause}): ${evidence}`
}
