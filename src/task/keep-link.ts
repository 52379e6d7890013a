import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { ruleOf } from '../okta/actions.ts'
import { parseActivation } from '../okta/activation.ts'
import type { Answer } from '../okta/answer.ts'
import { looksLikeUserId } from '../okta/user.ts'
import { linkIsIn } from '../run/link-claims.ts'
import { type Ending, type LinkEnding, withLink } from './ending.ts'
import type { Services } from './services.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/**
 * Writes the activation link of an applied call to the file that the job names, before the task has its result. A link
 * that can't be written stops the run, because the next links would be lost as well.
 *
 * @returns what the result says about the link
 */
export async function keepLink(
  services: Services,
  task: TaskInput,
  history: TaskHistory,
  answer: Answer,
): Promise<LinkEnding> {
  const { links, lookup } = services
  const activation = links === null ? null : parseActivation(answer)
  if (links === null) return nothingSaid
  if (activation === null)
    return bringsLink(services, task)
      ? lostLink(`; Okta's answer has no activation link that can be read: ${makeNew}`)
      : nothingSaid
  const stop = (error: KnownError): void => {
    lookup.stop.turn({
      state: 'stopped',
      exitCode: exitCodes.stoppedByGuard,
      message: error.message,
      advice:
        error instanceof FixableError ? { kind: 'fix', fix: error.fix } : { kind: 'said', next: error.next },
    })
  }
  try {
    const { where, trouble } = await links.save(
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
    if (trouble !== null) stop(trouble)
    return { message: linkIsIn(where) }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    stop(error)
    return lostLink(`; its activation link could not be written and is lost: ${makeNew}`)
  }
}

/** Whether a task's call, if it is applied, is answered with an activation link that is to be kept. */
export function bringsLink({ links, job }: Pick<Services, 'links' | 'job'>, task: TaskInput): boolean {
  return links !== null && ruleOf(task.action).answersWithLink && !sendsMail(job, task)
}

/** Adds what became of an activation link to an ending that was found without the call's answer. */
export function withLostLink(services: Services, task: TaskInput, ending: Ending): Ending {
  const { links, recorder } = services
  if (links === null || !bringsLink(services, task)) return ending
  const { result } = ending
  const where = links.whereIs(task)
  if (where !== null) return withLink(ending, { message: linkIsIn(where) })
  if (result !== 'succeeded' && result !== 'in_doubt') return ending
  // The call was another run's, and that run kept its link.
  const origin = recorder.state.progressOf(task)?.last.intent.origin
  if (origin !== undefined && links.has(origin)) return ending
  const whether = result === 'in_doubt' ? ', if there was one,' : ''
  // If somebody has picked up the file, the link is not lost, and nobody wants a second one.
  const isElsewhere = links.isIncomplete && recorder.state.executions.count > 1
  const fate = isElsewhere
    ? `is not in ${links.path}: if that file was moved or replaced since the run began, look for it there first; if not, ${makeNew}`
    : `is lost: ${makeNew}`
  return withLink(ending, lostLink(`; its activation link${whether} ${fate}`))
}

/** Whether Okta sends a mail when the task's call is applied. */
export function sendsMail(job: Services['job'], task: Pick<TaskInput, 'action' | 'sendEmail'>): boolean {
  const { sendEmailDefault } = ruleOf(task.action)
  return sendEmailDefault !== null && (task.sendEmail ?? job.options.send_email ?? sendEmailDefault)
}

function lostLink(message: string): LinkEnding {
  return { message, activationLink: 'lost' }
}

const nothingSaid: LinkEnding = { message: '' }

const makeNew = 'reactivate makes a new one'
