import { readSettledUser } from '../../lookup/read-settled-user.ts'
import { ruleOf } from '../../okta/actions.ts'
import type { Services } from '../services.ts'
import type { Ending } from './ending.ts'
import type { TaskInput } from './state.ts'

/**
 * The end of a task whose call Okta accepted, with the status that the user has now.
 *
 * @throws RunStopped when the run stops before the status is read; the task is then reported by its answer
 */
export async function endApplied(
  services: Services,
  task: TaskInput,
  statusBefore: string | null,
): Promise<Ending> {
  const rule = ruleOf(task.action)
  if (rule.doubt === 'factors') {
    return { result: 'succeeded', message: 'the factors were reset', statusAfter: statusBefore }
  }
  const was = statusBefore === null ? '' : `user was ${statusBefore}, `
  const inBackground = rule.respondsAsync && services.job.options.respond_async
  const [only, ...others] = rule.target
  if (only !== undefined && others.length === 0 && !inBackground) {
    return { result: 'succeeded', message: `${was}is now ${only}`, statusAfter: only }
  }
  const accepted = { result: 'succeeded', message: `${was}Okta accepted ${task.action}` } as const
  if (!services.job.read_first) return accepted
  const read = await readSettledUser(services.lookup, task.target, null)
  if (read.kind === 'failed') return accepted
  const { status, transitioningToStatus } = read.user
  if (transitioningToStatus !== null) {
    const message = `${accepted.message}; user is ${status}, still in transition to ${transitioningToStatus}`
    return { result: 'succeeded', message, statusAfter: status }
  }
  return { result: 'succeeded', message: `${was}is now ${status}`, statusAfter: status }
}
