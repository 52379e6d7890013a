import { readSettledUser } from '../../lookup/read-settled-user.ts'
import { RunStopped } from '../../messages/stop.ts'
import { type Action, ruleOf } from '../../okta/actions.ts'
import type { TaskPlace } from '../../rules/refusal-streak.ts'
import type { Services } from '../services.ts'
import type { Ending } from './ending.ts'

/** The end of a task whose call Okta accepted: where it left the user. */
export async function endApplied(
  services: Services,
  task: TaskPlace & { readonly action: Action; readonly target: string },
  statusBefore: string | null,
): Promise<Ending> {
  const rule = ruleOf(task.action)
  if (rule.doubt === 'factors') {
    return { result: 'succeeded', message: 'the factors were reset', statusAfter: statusBefore }
  }
  const inBackground = rule.respondsAsync && services.job.options.respond_async
  const fixed = rule.target.length === 1 && !inBackground ? (rule.target[0] ?? null) : null
  const after = fixed ?? (await readBack(services, task))
  const was = statusBefore === null ? '' : `user was ${statusBefore}, `
  const message = after === null ? `${was}Okta accepted ${task.action}` : `${was}is now ${after}`
  return { result: 'succeeded', message, statusAfter: after }
}

/** The status that an accepted call has led to, where the documents leave it open. Null where it can't be told. */
async function readBack(
  services: Services,
  task: TaskPlace & { readonly target: string },
): Promise<string | null> {
  if (!services.job.read_first) return null
  try {
    const read = await readSettledUser(services, task, task.target, null)
    return read.kind === 'found' ? read.user.status : null
  } catch (error) {
    // The call was accepted, whatever stops the run now.
    if (error instanceof RunStopped) return null
    throw error
  }
}
