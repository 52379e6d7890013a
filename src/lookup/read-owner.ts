import { exitCodes } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answer, type Answered, describeAnswer, isOktas, originOf } from '../okta/answer.ts'
import { lossOf } from '../okta/loss.ts'
import { readOwnerRequest } from '../okta/request.ts'
import { parseUser } from '../okta/user.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { credentialsRefused, oktaAway } from '../rules/stop-reasons.ts'
import { backoffMs, concurrencyWaitMs } from './backoff.ts'
import { type LookupParts, waitForOkta } from './paced-get.ts'
import { oktaPatienceMs } from './patience.ts'

/** How long an owner whom Okta does not show is asked for again, in milliseconds. */
const ownerPatienceMs = 15_000

/** What is known of the credentials beside their value. */
export interface CredentialFacts {
  readonly orgUrl: string
  /** Whether they certainly belong to a service app, which has no owner. What only may be one is not one. */
  readonly ofServiceApp: boolean
}

/**
 * Asks Okta whose the token is. It is the first call of every execution, so it is also where a wrong address, a wrong
 * token or a proxy in between shows itself.
 *
 * An API token always has an owner: until Okta has shown who, nothing is sent.
 *
 * @returns the owner; null for a service app, which has none
 * @throws RunStopped when Okta refuses the credentials or does not show the owner, is away for too long, something that
 *   no patience heals stands in the way, or the user stops the run
 */
export async function readTokenOwner(parts: LookupParts, credentials: CredentialFacts): Promise<TokenOwner> {
  const { stop, pacer, send, random } = parts
  const request = readOwnerRequest()
  const whileHidden = parts.patience.fresh()
  const whileTroubled = parts.patience.fresh()
  for (let tries = 1; ; tries++) {
    stop.check()
    const answer = await pacer.request(request.bucket, { send: () => send(request) })
    if (answer === null) continue
    const lasting = lastingObstacle(credentials.orgUrl, answer)
    if (lasting !== null) throw stop.because(lasting)
    if (answer.kind === 'answered') {
      const user = parseUser(answer)
      if (user !== null) return { id: user.id, login: user.login }
      if (answer.httpStatus === 401) throw stop.because(credentialsRefused(answer))
      if (isRefusal(answer)) {
        if (credentials.ofServiceApp) return null
        if (answer.authenticate !== null || whileHidden.failed() >= ownerPatienceMs) {
          throw stop.because(ownerHidden(answer))
        }
      }
      // The pacer has closed the bucket until the reset.
      if (answer.httpStatus === 429 && isOktas(answer)) {
        await stop.wait(concurrencyWaitMs(random()))
        continue
      }
    }
    if (answer.kind === 'answered' && isOktas(answer) && answer.httpStatus >= 500) {
      // Okta is there and can't say: the same patience as for an Okta that is away.
      if (whileTroubled.failed() >= oktaPatienceMs) {
        throw stop.because(oktaAway(answer, Math.round(oktaPatienceMs / 1000)))
      }
    }
    await waitForOkta(parts, answer)
    await stop.wait(backoffMs(Math.min(tries, 4), random()))
  }
}

/** Okta's own word that it shows no user here. */
function isRefusal(answer: Answered): boolean {
  const { httpStatus } = answer
  return isOktas(answer) && httpStatus < 500 && httpStatus !== 429
}

function ownerHidden(answer: Answer): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `Okta does not show whose the token is (${describeAnswer(answer)}). Its owner must never be acted on, so nothing was sent.`,
    advice: {
      kind: 'fix',
      fix: 'Give the token a role that may read its own user, or set another OKTA_CLIENT_TOKEN',
    },
  }
}

/** What stands in the way and stays there: a certificate that is not trusted, a redirect. Null for all that may pass. */
function lastingObstacle(orgUrl: string, answer: Answer): StopReason | null {
  if (answer.kind === 'unanswered') {
    const { fix, lasting } = lossOf(answer.code)
    return lasting ? obstacle(`Okta can't be reached at ${orgUrl}: ${answer.why}.`, fix) : null
  }
  const { httpStatus, location } = answer
  if (httpStatus < 300 || httpStatus >= 400) return null
  const target = originOf(location)
  return obstacle(
    `${orgUrl} redirects${target === null ? '' : ` to ${target}`}; a token is never sent along.`,
    target === null
      ? 'Check OKTA_CLIENT_ORGURL, and whether a proxy stands in between'
      : `If that is your org: export OKTA_CLIENT_ORGURL=${shellWord(target)}; else check whether a proxy stands in between`,
  )
}

function obstacle(message: string, fix: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message,
    advice: { kind: 'fix', fix },
  }
}
