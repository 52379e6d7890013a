import { exitCodes } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answer, type Answered, describeAnswer, isOktas, originOf } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import { lossOf } from '../okta/loss.ts'
import { readOwnerRequest } from '../okta/request.ts'
import { parseUser } from '../okta/user.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { credentialsRefusedBy, oktaAway } from '../rules/stop-reasons.ts'
import { backoffMs, concurrencyWaitMs } from './backoff.ts'
import { type LookupParts, waitForOkta } from './paced-get.ts'
import { oktaPatienceMs } from './patience.ts'

/** How long to keep asking for an owner whom Okta does not show, in milliseconds. */
const ownerPatienceMs = 15_000

/** What is known about the credentials besides their value. */
export interface CredentialFacts {
  readonly orgUrl: string
  /** Whether they certainly belong to a service app, which has no owner. "Perhaps" counts as no. */
  readonly ofServiceApp: boolean
}

/**
 * Asks Okta for the owner of the token. It is the first call of every execution, so a wrong address, a wrong token or a
 * proxy on the way shows up here.
 *
 * An API token always has an owner: until Okta has shown who, nothing is sent.
 *
 * @returns the owner; null for a service app, which has none
 * @throws RunStopped when Okta refuses the credentials, does not show the owner or is away for too long, when an
 *   obstacle will not go away, or when a person stops the run
 */
export async function readTokenOwner(parts: LookupParts, credentials: CredentialFacts): Promise<TokenOwner> {
  const { stop, pacer, send, random } = parts
  const request = readOwnerRequest()
  const whileHidden = parts.patience.fresh()
  const whileTroubled = parts.patience.fresh()
  sayClosed(parts, request.bucket)
  for (let tries = 1; ; tries++) {
    stop.check()
    const answer = await pacer.request(request.bucket, { send: (mayLeave) => send(request, mayLeave) })
    if (answer === null) continue
    const lasting = lastingObstacle(credentials.orgUrl, answer)
    if (lasting !== null) throw stop.because(lasting)
    const refused = credentialsRefusedBy(answer)
    if (refused !== null) throw stop.because(refused)
    if (answer.kind === 'answered') {
      const user = parseUser(answer)
      if (user !== null) return { id: user.id, login: user.login }
      if (isRefusal(answer)) {
        if (credentials.ofServiceApp) return null
        if (answer.authenticate !== null || whileHidden.failed() >= ownerPatienceMs) {
          throw stop.because(ownerHidden(answer))
        }
      }
      // The pacer has closed the bucket until the reset, so a short wait is enough here.
      if (answer.httpStatus === 429 && isOktas(answer)) {
        sayClosed(parts, request.bucket)
        await stop.wait(concurrencyWaitMs(random()))
        continue
      }
    }
    if (answer.kind === 'answered' && isOktas(answer) && answer.httpStatus >= 500) {
      // Okta answers but can't say who: wait as long as when Okta is away.
      if (whileTroubled.failed() >= oktaPatienceMs) {
        throw stop.because(oktaAway(answer, credentials.orgUrl, Math.round(oktaPatienceMs / 1000)))
      }
    }
    await waitForOkta(parts, answer)
    await stop.wait(backoffMs(Math.min(tries, 4), random()))
  }
}

/** Tells of a window that is used up. It may last a minute, and no progress is shown before the owner is known. */
function sayClosed({ pacer, clock, say }: LookupParts, name: Bucket): void {
  const closedUntil = pacer.report().find(({ bucket }) => bucket === name)?.closedUntil ?? 0
  if (closedUntil <= clock.now()) return
  const until = new Date(closedUntil).toISOString().slice(11, 19)
  say(`Waiting until ${until} UTC to ask who owns the token: the rate limit of ${name} is used up.`)
}

/** Whether Okta itself says that it shows no user here. */
function isRefusal(answer: Answered): boolean {
  const { httpStatus } = answer
  return isOktas(answer) && httpStatus < 500 && httpStatus !== 429
}

function ownerHidden(answer: Answer): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `Okta does not show who owns the token (${describeAnswer(answer)}). Nothing is sent until the owner is known, because the owner must be protected.`,
    advice: {
      kind: 'fix',
      fix: 'Give the token a role that may read its own user, or set another OKTA_CLIENT_TOKEN',
    },
  }
}

/** An obstacle that stays: an untrusted certificate, a redirect. Null for every obstacle that may go away. */
function lastingObstacle(orgUrl: string, answer: Answer): StopReason | null {
  if (answer.kind === 'unanswered') {
    const { fix, lasting } = lossOf(answer.code)
    return lasting ? obstacle(`Okta can't be reached at ${orgUrl}: ${answer.why}.`, fix) : null
  }
  const { httpStatus, location } = answer
  if (httpStatus < 300 || httpStatus >= 400) return null
  const target = originOf(location)
  return obstacle(
    `${orgUrl} redirects${target === null ? '' : ` to ${target}`}. The token is never sent to another address.`,
    target === null
      ? 'Check OKTA_CLIENT_ORGURL, and whether a proxy intercepts the connection'
      : `If that is your org: export OKTA_CLIENT_ORGURL=${shellWord(target)}; otherwise check whether a proxy intercepts the connection`,
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
