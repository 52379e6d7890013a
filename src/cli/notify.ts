import type { Job } from '../job/job.ts'
import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import { type NotifyAddress, readNotifyAddress } from '../notify/address.ts'
import { type Delivery, deliver } from '../notify/deliver.ts'
import { notificationOf, type Problem } from '../notify/notification.ts'
import { proxyFor } from '../okta/proxy.ts'
import type { Summary } from '../report/summary.ts'
import { programVersion } from './version.ts'

/** How long a delivery may take, all attempts together. */
const timeLimitMs = 60_000
/**
 * How long it may take after a signal. Whoever sent the signal waits for the process to end: Kubernetes waits 30 s, and
 * the calls under way take most of that.
 */
const afterSignalMs = 5_000

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/**
 * Makes sure, before a run begins, that a notification of its end can be sent.
 *
 * @throws Refusal when the job asks for it and there is no address, or the proxy on the way to it can't be used
 */
export function checkNotifyAddress(job: Job): void {
  if (job.notify !== null) proxyFor(readNotifyAddress(process.env).origin, process.env)
}

/**
 * Sends the notification of an execution's end, if the job asks for one. The run keeps its exit code: if the
 * notification can't be delivered, a line says so.
 *
 * @param problems the tasks that somebody must look at; told only if the job says that people are named
 * @param look the command that shows the run
 */
export async function notify(
  job: Job,
  summary: Summary,
  problems: readonly Problem[],
  look: string,
  say: (line: string) => void,
): Promise<void> {
  const { notify: asked } = job
  if (asked === null || (asked.when === 'attention' && summary.exit_code === exitCodes.done)) return
  try {
    const address = readNotifyAddress(process.env)
    const notification = notificationOf(summary, programVersion, asked.people ? problems : null, look)
    const body = JSON.stringify(notification)
    const ended = await deliverUnlessStopped(address, body, summary.exit_code as ExitCode)
    if (!ended.delivered) say(`The notification was not delivered to ${address.origin}: ${ended.why}.`)
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    say(`The notification was not delivered. ${error.message}`)
  }
}

/** A signal ends the attempts: the work is done, and whoever sends it wants the process to end. */
async function deliverUnlessStopped(
  address: NotifyAddress,
  body: string,
  exitCode: ExitCode,
): Promise<Delivery> {
  const given = new AbortController()
  const giveUp = (): void => given.abort()
  for (const signal of signals) process.on(signal, giveUp)
  try {
    return await deliver(address, {
      body,
      userAgent: `okta-lifecycle/${programVersion}`,
      environment: process.env,
      timeLimitMs: exitCode >= exitCodes.hungUp ? afterSignalMs : timeLimitMs,
      signal: given.signal,
    })
  } finally {
    for (const signal of signals) process.off(signal, giveUp)
  }
}
