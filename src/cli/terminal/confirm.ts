import { createInterface } from 'node:readline/promises'
import type { Survey } from '../../input/survey.ts'
import type { Job } from '../../job/job.ts'
import { counted } from '../../messages/counted.ts'
import { Refusal } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'
import { ruleOf } from '../../okta/actions.ts'

/** Whether a question can be asked and answered. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Asks a yes-or-no question. Anything but a clear yes is a no. */
export async function askYesNo(question: string, signal: AbortSignal): Promise<boolean> {
  const readline = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await readline.question(`${question} [y/N] `, { signal })
    return /^\s*y(es)?\s*$/i.test(answer)
  } catch {
    return false
  } finally {
    readline.close()
  }
}

/** One sentence about what a run may send: calls by action, users and mails. */
export function describeSending(survey: Survey, job: Job, org: string): string {
  const tasks = survey.tasksToDo
  if (tasks === 0)
    return `There is nothing to send: the input has ${counted(survey.rows, 'row')}, none to act on.`
  const calls = [...survey.tasksByAction].map(([action, count]) => `${count} ${action}`).join(', ')
  const mails = countMails(survey, job)
  const mail = mails === 0 ? 'Okta sends no mail' : `Okta sends up to ${counted(mails, 'mail')}`
  const users = counted(survey.dueUsers, 'user')
  return `Up to ${counted(tasks, 'call')} for ${users} in ${org} (${calls}); ${mail}.`
}

/** The number of mails that Okta sends if every call is applied. */
export function countMails(survey: Survey, job: Job): number {
  let mails = 0
  for (const [action, counts] of survey.tasksByActionAndSendEmail) {
    const byDefault = ruleOf(action).sendEmailDefault
    if (byDefault === null) continue
    mails += counts.true
    if (job.options.send_email ?? byDefault) mails += counts.unset
  }
  return mails
}

/**
 * Asks whether to send the calls that were described.
 *
 * @param next what to type to be asked again
 * @throws KnownError for anything but a clear yes; RunStopped when the user stops the run meanwhile
 */
export async function confirmSending(stop: StopSwitch, next: string): Promise<void> {
  if (await askYesNo('Send them?', stop.signal)) return
  stop.check()
  throw new Refusal('Nothing was sent: the answer was not yes.', next)
}

/** Ends the command before anything is written if the question can't be asked. */
export function checkQuestion(yes: boolean, source: string): void {
  if (yes || (canAsk() && source !== '-')) return
  throw new Refusal(
    source === '-' && canAsk()
      ? 'The question before sending can’t be asked, because standard input is the input.'
      : 'There is no terminal to ask the question on before sending.',
    'Add --yes to send without a question.',
  )
}
