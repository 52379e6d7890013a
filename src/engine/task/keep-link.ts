import { exitCodes, KnownError } from '../../messages/known-error.ts'
import { type Action, ruleOf } from '../../okta/actions.ts'
import { parseActivation } from '../../okta/activation.ts'
import type { Answer } from '../../okta/answer.ts'
import type { LinkOwner } from '../activation-links.ts'
import type { Services } from '../services.ts'
import type { Ending } from './ending.ts'

/** The task that a link is kept for, and whether Okta was asked to mail it itself. */
export interface LinkedTask extends LinkOwner {
  readonly action: Action
  readonly sendEmail: boolean | null
}

/**
 * Writes the activation link of an applied call to the file that the job asks for, before the task has its result.
 * A link that can't be written stops the run: the next ones would be lost as well.
 *
 * @returns what the result's message is to say of it; empty where there is nothing to say
 */
export async function keepLink(services: Services, task: LinkedTask, answer: Answer): Promise<string> {
  const { links, stop } = services
  const activation = links === null ? null : parseActivation(answer)
  if (links === null || activation === null) return ''
  try {
    await links.save(task, activation)
    return `; its activation link is in ${links.path}`
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    stop.turn({
      state: 'stopped',
      exitCode: exitCodes.stoppedByGuard,
      message: `${error.message} ${error.next}`,
    })
    return `; its activation link could not be written and is lost: ${makeNew}`
  }
}

/**
 * An ending that was found out without the call's answer: says what became of the link that stood in the answer.
 *
 * @param startedAt when the task began, RFC 3339 UTC
 */
export function withLostLink(
  { links, job }: Services,
  task: LinkedTask,
  startedAt: string,
  ending: Ending,
): Ending {
  const { answersWithLink, sendEmailDefault } = ruleOf(task.action)
  const mailed = task.sendEmail ?? job.options.send_email ?? sendEmailDefault ?? false
  if (links === null || !answersWithLink || mailed) return ending
  if (links.has(task.okta_user_id ?? task.user, startedAt))
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

const makeNew = 'reactivate makes a new one'
