import { createInterface } from 'node:readline/promises'
import type { Survey } from '../../input/survey.ts'
import type { Job } from '../../job/job.ts'
import { counted } from '../../messages/counted.ts'
import { Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import type { StopSwitch } from '../../messages/stop.ts'
import { ruleOf } from '../../okta/actions.ts'
import type { PlanEnd } from '../../plan/plan-schema.ts'

/** Whether a question can be asked and answered. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Asks a yes-or-no question. Anything but a clear yes is a no. */
async function askYesNo(question: string, signal: AbortSignal): Promise<boolean> {
  return /^\s*y(es)?\s*$/i.test(await ask(`${question} [y/N] `, signal))
}

/** Asks a question. If the terminal closes or a stop comes, the answer is empty. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const readline = createInterface({ input: process.stdin, output: process.stderr })
  // The terminal sends Ctrl-C as a key while a question is open.
  readline.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<string>((resolve) => readline.once('close', () => resolve('')))
  try {
    return await Promise.race([readline.question(question, { signal }), closed])
  } catch {
    return ''
  } finally {
    readline.close()
  }
}

/** One sentence about what a run may send: calls by action, users and mails. */
export function describeSending(survey: Survey, job: Job, org: string): string {
  if (survey.tasksToDo === 0)
    return `There is nothing to send: the input has ${counted(survey.rows, 'row')}, none to act on.`
  const sending = { calls: [...survey.tasksByAction], users: survey.dueUsers, mails: countMails(survey, job) }
  return sendingSentence(sending, org)
}

/** The same about a saved plan: the calls that it expects to succeed or can't judge. */
export function describePlannedSending({ totals }: PlanEnd, org: string): string {
  const calls = Object.entries(totals.actions)
    .map(([action, by]) => [action, by.succeeded + by.unknown] as const)
    .filter(([, count]) => count > 0)
  if (calls.length === 0)
    return `There is nothing to send: the plan has ${counted(totals.rows, 'row')}, none to act on.`
  return sendingSentence({ calls, users: totals.users, mails: totals.mails }, org)
}

interface Sending {
  readonly calls: readonly (readonly [action: string, count: number])[]
  readonly users: number
  readonly mails: number
}

function sendingSentence({ calls, users, mails }: Sending, org: string): string {
  const all = calls.reduce((sum, [, count]) => sum + count, 0)
  const byAction = calls.map(([action, count]) => `${count} ${action}`).join(', ')
  const mail = mails === 0 ? 'Okta sends no mail' : `Okta sends up to ${counted(mails, 'mail')}`
  return `Up to ${counted(all, 'call')} for ${counted(users, 'user')} in ${org} (${byAction}); ${mail}.`
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
 * Asks whether to send what was described. If users are deactivated, a yes is not enough: their number must be typed.
 *
 * @param deactivatedUsers distinct users whose deactivation would be sent
 * @param next what to type to be asked again
 * @throws Refusal for anything else; RunStopped when a person stops the run meanwhile
 */
export async function confirmSending(
  stop: StopSwitch,
  deactivatedUsers: number,
  next: string,
): Promise<void> {
  if (deactivatedUsers === 0) {
    if (await askYesNo('Send them?', stop.signal)) return
    stop.check()
    throw new Refusal('Nothing was sent: the answer was not yes.', next)
  }
  const question = 'To send them, type how many users will be deactivated. Anything else sends nothing: '
  const answer = (await ask(question, stop.signal)).trim()
  if (answer === String(deactivatedUsers)) return
  stop.check()
  throw new Refusal(
    `Nothing was sent: ${deactivatedUsers} was expected, but ${answer === '' ? 'nothing' : shown(answer)} was typed.`,
    next,
  )
}

/** Ends the command before anything is written if the question can't be asked. */
export function checkQuestion(yes: boolean, source: string): void {
  if (yes || (canAsk() && source !== '-')) return
  throw new Refusal(
    source === '-' && canAsk()
      ? 'There is no way to ask before sending, because the input comes from standard input.'
      : 'There is no terminal on which to ask before sending.',
    'Add --yes to send without a question.',
  )
}
