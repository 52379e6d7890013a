import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { ruleOf } from '../okta/actions.ts'
import { parseActivation } from '../okta/activation.ts'
import type { Answer } from '../okta/answer.ts'
import { looksLikeUserId } from '../okta/user.ts'
import type { Ending } from './ending.ts'
import type { Services } from './services.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/**
 * Writes the activation link of an applied call to the file that the job names, before the task has its result. A link
 * that can't be written stops the run, because the next links would be lost as well.
 *
 * @returns what the result's message says about the link; empty if there is nothing to say
 */
export async function keepLink(
  services: Services,
  task: TaskInput,
  history: TaskHistory,
  answer: Answer,
): Promise<string> {
  const { links, lookup } = services
  const activation = links === null ? null : parseActivation(answer)
  if (links === null || activation === null) return ''
  try {
    await links.save(
      {
        row: task.row,
        step: task.step,
        user: task.userKey,
        action: task.action,
        okta_user_id: history.user?.id ?? (looksLikeUserId(task.target) ? task.target : null),
        okta_login: history.user?.login ?? null,
      },
      activation,
    )
    return `; its activation link is in ${links.path}`
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    lookup.stop.turn({
      state: 'stopped',
      exitCode: exitCodes.stoppedByGuard,
      message: error.message,
      advice:
        error instanceof FixableError ? { kind: 'fix', fix: error.fix } : { kind: 'said', next: error.next },
    })
    return `; its activation link could not be written and is lost: ${makeNew}`
  }
}

/** Adds to an ending that was found without the call's answer what became of the link in that answer. */
export function withLostLink({ links, job }: Services, task: TaskInput, ending: Ending): Ending {
  const { answersWithLink } = ruleOf(task.action)
  if (links === null || !answersWithLink || sendsMail(job, task)) return ending
  if (links.has(task))
    return { ...ending, message: `${ending.message}; its activation link is in ${links.path}` }
  if (ending.result === 'succeeded')
    return { ...ending, message: `${ending.message}; its activation link is lost: ${makeNew}` }
  if (ending.result === 'in_doubt')
    return {
      ...ending,
      message: `${ending.message}; its activation link, if there was one, is lost: ${makeNew}`,
    }
  return ending
}

/** Whether Okta sends a mail when the task's call is applied. */
export function sendsMail(job: Services['job'], task: Pick<TaskInput, 'action' | 'sendEmail'>): boolean {
  const { sendEmailDefault } = ruleOf(task.action)
  return sendEmailDefault !== null && (task.sendEmail ?? job.options.send_email ?? sendEmailDefault)
}

const makeNew = 'reactivate makes a new one'
