import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { type Answer, describeAnswer, isOktas, originOf } from '../okta/answer.ts'
import { lossOf } from '../okta/loss.ts'
import { type OktaRequest, readOwnerRequest } from '../okta/request.ts'
import { parseUser } from '../okta/user.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { backoffMs } from './backoff.ts'

const mostTries = 5
/** Longest wait for a rate limit's reset: a window of Okta's, and the second after it. */
const longestResetWaitMs = 65_000

/**
 * Asks Okta whose the token is. It is the first call of every execution, so it is also where a wrong address, a wrong
 * token or a proxy in between shows itself.
 *
 * @returns the owner; null where the token belongs to no user, as that of a service app
 * @throws OrgUnavailable where Okta can't be reached, or what answers is not Okta
 * @throws KnownError where Okta refuses the credentials (exit code 4)
 * @throws RunStopped where the user stops the run meanwhile
 */
export async function readTokenOwner(
  orgUrl: string,
  send: (request: OktaRequest) => Promise<Answer>,
  stop: StopSwitch,
  oktaNow: () => number,
): Promise<TokenOwner> {
  for (let tries = 1; ; tries++) {
    const answer = await send(readOwnerRequest())
    const last = tries >= mostTries
    if (answer.kind === 'unanswered') {
      const { fix, passing } = lossOf(answer.code)
      if (last || !passing)
        throw new OrgUnavailable(`Okta can't be reached at ${orgUrl}: ${answer.why}.`, fix)
      await stop.wait(backoffMs(tries, Math.random()))
      continue
    }
    const { httpStatus, error, rateLimit } = answer
    if (httpStatus === 401) {
      throw new KnownError(
        `Okta refuses the credentials: ${describeAnswer(answer)}.`,
        'Set a valid OKTA_CLIENT_TOKEN (Admin Console > Security > API > Tokens), then resume the run or start it again.',
        exitCodes.refusedByOkta,
      )
    }
    if (httpStatus >= 300 && httpStatus < 400) throw redirected(orgUrl, answer.location)
    if ((httpStatus === 429 || httpStatus >= 500) && !last) {
      const resetWait = rateLimit === null ? 0 : (rateLimit.reset + 1) * 1000 - oktaNow()
      const limited = httpStatus === 429 && rateLimit !== null && rateLimit.limit > 0
      const wait = limited
        ? Math.min(Math.max(resetWait, 0), longestResetWaitMs)
        : backoffMs(tries + 1, Math.random())
      await stop.wait(wait)
      continue
    }
    const user = parseUser(answer)
    if (user !== null) return { id: user.id, login: user.login }
    // Okta's own refusal: the token has no user. Anything that is not Okta's JSON is not Okta.
    if (error !== null && isOktas(answer) && httpStatus < 500 && httpStatus !== 429) return null
    throw new OrgUnavailable(
      `What answers at ${orgUrl} is not Okta's API: ${describeAnswer(answer)}.`,
      `Check OKTA_CLIENT_ORGURL, and whether a proxy stands in between (curl -i ${orgUrl}/api/v1/users/me)`,
    )
  }
}

/** Okta can't be asked at the org's URL: nothing is there, or something else than Okta. */
export class OrgUnavailable extends KnownError {
  /** What fixes it: an imperative that a sentence can go on from. */
  readonly #fix: string

  constructor(message: string, fix: string, next = ', then start again.', exitCode?: ExitCode) {
    super(message, `${fix}${next}`, exitCode)
    this.name = 'OrgUnavailable'
    this.#fix = fix
  }

  /**
   * The same, for those who know what comes next.
   *
   * @param next follows the fix: `, then: okta-lifecycle resume RUN`
   */
  so(next: string, exitCode: ExitCode): OrgUnavailable {
    return new OrgUnavailable(this.message, this.#fix, next, exitCode)
  }
}

function redirected(orgUrl: string, location: string | null): OrgUnavailable {
  const target = originOf(location)
  return new OrgUnavailable(
    `${orgUrl} redirects${target === null ? '' : ` to ${target}`}; a token is never sent along.`,
    target === null
      ? 'Check OKTA_CLIENT_ORGURL, and whether a proxy stands in between'
      : `If that is your org: export OKTA_CLIENT_ORGURL=${shellWord(target)}; else check whether a proxy stands in between`,
  )
}
