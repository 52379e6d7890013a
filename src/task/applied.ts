import { readSettledUser } from '../lookup/read-settled-user.ts'
import { ruleOf } from '../okta/actions.ts'
import { type VerifiedBy, verifiedBy } from '../rules/verify.ts'
import type { Ending } from './ending.ts'
import type { Services } from './services.ts'
import type { TaskInput } from './state.ts'
import { verifyByFactors, verifyByStatus } from './verify.ts'

/**
 * Ends a task whose call Okta accepted. Verifies it if the job asks for that, and finds the status that the user has
 * now.
 *
 * @throws RunStopped when the run stops first; reports then show the task as Okta answered it
 */
export async function endApplied(
  services: Services,
  task: TaskInput,
  statusBefore: string | null,
): Promise<Ending> {
  const by = verifiedBy(services.job.verify, task.action, task.later)
  if (services.recorder.state.mayBeLostSince(task) !== null) return endBeforeLoss(task, statusBefore, by)
  switch (by) {
    case 'status':
      return await verifyByStatus(services, task, statusBefore)
    case 'factors':
      return await verifyByFactors(services, task, statusBefore)
    case null:
      return endUnread(services, task, statusBefore) ?? (await endRead(services, task, statusBefore))
  }
}

/**
 * Ends a task whose call was accepted before a lost part of the journal. Later calls of ours may be in that part, so
 * the user's present status says nothing about this one.
 */
function endBeforeLoss(task: TaskInput, statusBefore: string | null, by: VerifiedBy | null): Ending {
  const accepted = acceptedEnding(task, statusBefore)
  if (by === null) return accepted
  const message = `${accepted.message}; not verified: the part of the journal after it was lost`
  return { ...accepted, message, verified: 'not_known' }
}

/** How a task whose call Okta accepted has ended, if that is known without a read; null if it is not. */
export function endUnread({ job }: Services, task: TaskInput, statusBefore: string | null): Ending | null {
  if (verifiedBy(job.verify, task.action, task.later) !== null) return null
  const rule = ruleOf(task.action)
  if (rule.doubt === 'factors') {
    return { result: 'succeeded', message: 'the factors were reset', statusAfter: statusBefore }
  }
  const inBackground = rule.respondsAsync && job.options.respond_async
  const [only, ...others] = rule.target
  if (only !== undefined && others.length === 0 && !inBackground) {
    return { result: 'succeeded', message: `${wasOf(statusBefore)}is now ${only}`, statusAfter: only }
  }
  return job.read_first ? null : acceptedEnding(task, statusBefore)
}

function wasOf(statusBefore: string | null): string {
  return statusBefore === null ? '' : `user was ${statusBefore}, `
}

function acceptedEnding(task: TaskInput, statusBefore: string | null): Ending {
  return { result: 'succeeded', message: `${wasOf(statusBefore)}Okta accepted ${task.action}` }
}

async function endRead(
  { job, lookup }: Services,
  task: TaskInput,
  statusBefore: string | null,
): Promise<Ending> {
  const accepted = acceptedEnding(task, statusBefore)
  const read = await readSettledUser(lookup, task.target, null, job.verify.for_seconds * 1000)
  if (read.kind === 'failed') return accepted
  const { status, transitioningToStatus } = read.user
  if (transitioningToStatus !== null) {
    const message = `${accepted.message}; user is ${status}, still in transition to ${transitioningToStatus}`
    return { result: 'succeeded', message, statusAfter: status }
  }
  return { result: 'succeeded', message: `${wasOf(statusBefore)}is now ${status}`, statusAfter: status }
}
