import { exitCodes } from '../../messages/known-error.ts'
import { RunStopped, type StopReason, StopSwitch } from '../../messages/stop.ts'
import { askOrg } from '../ask-org.ts'
import type { RunOrg } from '../org.ts'

/** What a job would say that only asks who owns the token. */
const asking = {
  pace: { share: 0.5, concurrency: 1 },
  guards: {
    max_users: null,
    max_percent: null,
    unusual: 'ask',
    max_failures: null,
    max_failure_rate: null,
    max_duration_seconds: null,
    protect: [],
    protect_groups: [],
    protect_admins: false,
    only_status: null,
  },
} as const

/**
 * Asks an org for the owner of the token, as each execution does first.
 *
 * @param stop gives the question up when it is turned
 * @returns why Okta refuses the credentials; null if it does not, or if it could not be asked: then each run finds out, and
 *   tells it, by itself
 */
export async function refusalBy(org: RunOrg, stop: StopSwitch): Promise<StopReason | null> {
  const question = new StopSwitch()
  const giveUp = (): void => {
    if (stop.reason !== null) question.turn(stop.reason)
  }
  giveUp()
  stop.signal.addEventListener('abort', giveUp, { once: true })
  try {
    await askOrg({ job: asking, org, stop: question, say: () => {}, workLeft: () => 1 }, async () => {})
    return null
  } catch (error) {
    const isRefused = error instanceof RunStopped && question.reason?.exitCode === exitCodes.refusedByOkta
    return isRefused ? question.reason : null
  } finally {
    stop.signal.removeEventListener('abort', giveUp)
  }
}
