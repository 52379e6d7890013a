import { transitionWaitMs } from '../lookup/backoff.ts'
import { readSettledUser } from '../lookup/read-settled-user.ts'
import { type FailedRead, readFactorTimes } from '../lookup/read-user.ts'
import { lifecycleBucket } from '../okta/bucket.ts'
import { type Holding, judgeFactors, judgeStatus } from '../rules/verify.ts'
import type { Ending } from './ending.ts'
import type { Services } from './services.ts'
import { attemptOf } from './settle-doubt.ts'
import type { TaskInput } from './state.ts'

/**
 * Verifies an accepted call by the user's status. A transition is followed to its end, for as long as the job allows.
 *
 * @throws RunStopped when the run stops first
 */
export async function verifyByStatus(
  services: Services,
  task: TaskInput,
  statusBefore: string | null,
): Promise<Ending> {
  const { lookup, job } = services
  const patienceMs = job.verify.for_seconds * 1000
  const seen = await lookTwice(services, task, async () => {
    const read = await readSettledUser(lookup, task.target, null, patienceMs)
    if (read.kind === 'failed') return read
    return { ...judgeStatus(task.action, read.user), status: read.user.status }
  })
  const was = statusBefore === null ? '' : `user was ${statusBefore}, `
  const accepted = `${was}Okta accepted ${task.action}`
  if ('message' in seen) return unverified(accepted, seen.message, null)
  const statusAfter = seen.status
  switch (seen.kind) {
    case 'held':
      return { result: 'succeeded', message: `${was}${seen.seen} (verified)`, statusAfter, verified: 'held' }
    case 'in_transition':
      return { result: 'succeeded', message: `${accepted}; ${seen.seen}`, statusAfter, verified: 'not_known' }
    case 'not_known':
      return unverified(accepted, seen.seen, statusAfter)
    case 'not_held':
      return {
        result: 'failed',
        message: `${accepted}, but it did not hold: ${seen.seen}`,
        statusAfter,
        verified: 'not_held',
      }
  }
}

/**
 * Verifies an accepted factor reset by the factors that are left. Looking them up counts as a lifecycle call, so it is
 * left out if the calls that are left in this window are needed for the rest of the run.
 *
 * @throws RunStopped when the run stops first
 */
export async function verifyByFactors(
  services: Services,
  task: TaskInput,
  statusBefore: string | null,
): Promise<Ending> {
  const { lookup, recorder } = services
  const done = 'the factors were reset'
  const intent = recorder.state.progressOf(task)?.last.intent
  if (intent === undefined) throw new Error('An accepted call has no intent.')
  if (!lookup.pacer.hasSpare(lifecycleBucket))
    return unverified(done, 'the calls that are left in this window are needed for other tasks', statusBefore)
  const seen = await lookTwice(services, task, async () => {
    const times = await readFactorTimes(lookup, intent.user_id)
    return 'kind' in times ? times : judgeFactors(attemptOf({ intent }), times)
  })
  if ('message' in seen) return unverified(done, seen.message, statusBefore)
  if (seen.kind === 'held')
    return {
      result: 'succeeded',
      message: `${done}: ${seen.seen} (verified)`,
      statusAfter: statusBefore,
      verified: 'held',
    }
  if (seen.kind !== 'not_held') return unverified(done, seen.seen, statusBefore)
  const message = `Okta accepted ${task.action}, but it did not hold: ${seen.seen}`
  return { result: 'failed', message, statusAfter: statusBefore, verified: 'not_held' }
}

/**
 * Looks again, a moment later, before it says that a call did not hold: a result is final. In between, the task counts
 * as one that may have failed.
 */
async function lookTwice<T extends Holding>(
  { lookup, failures }: Services,
  task: TaskInput,
  look: () => Promise<T | FailedRead>,
): Promise<T | FailedRead> {
  const first = await look()
  if (first.kind !== 'not_held') return first
  failures.doubt(task)
  await lookup.parked(() => lookup.stop.wait(transitionWaitMs(secondLook)))
  const second = await look()
  if (second.kind === 'not_held') failures.foresee(task)
  failures.decided(task)
  return second
}

/** The second look comes after the same wait as the third look at a user in transition: 2 s. */
const secondLook = 3

/** If nobody could look, Okta's answer stands: what can't be seen is not a failure. */
function unverified(accepted: string, why: string, statusAfter: string | null): Ending {
  return {
    result: 'succeeded',
    message: `${accepted}; not verified: ${why}`,
    statusAfter,
    verified: 'not_known',
  }
}
