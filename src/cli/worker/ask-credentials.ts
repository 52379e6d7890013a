import { exitCodes } from '../../messages/known-error.ts'
import { StopSwitch } from '../../messages/stop.ts'
import { askOrg } from '../ask-org.ts'
import type { RunOrg } from '../org.ts'
import type { Welcome } from './orgs-at-hand.ts'

/** What a job would say that only asks who owns the token. */
const asking = {
  pace: { share: 0.5, concurrency: 1 },
  guards: { protect_admins: false, protect_groups: [] },
} as const

/**
 * Asks an org for the owner of the token, as each execution does first. Never rejects.
 *
 * @param stop gives the question up when it is turned
 */
export async function askCredentials(org: RunOrg, stop: StopSwitch): Promise<Welcome> {
  const question = new StopSwitch()
  const giveUp = (): void => {
    if (stop.reason !== null) question.turn(stop.reason)
  }
  giveUp()
  stop.signal.addEventListener('abort', giveUp, { once: true })
  try {
    await askOrg({ job: asking, org, stop: question, say: () => {}, workLeft: () => 1 }, async () => {})
    return { kind: 'accepted' }
  } catch {
    const { reason } = question
    return reason?.exitCode === exitCodes.refusedByOkta ? { kind: 'refused', reason } : { kind: 'unknown' }
  } finally {
    stop.signal.removeEventListener('abort', giveUp)
  }
}
