import { exitCodes, KnownError } from '../known-error.ts'
import { type Answer, describeAnswer } from '../okta/answer.ts'
import { type OktaRequest, readOwnerRequest } from '../okta/request.ts'
import { parseUser } from '../okta/user.ts'
import { backoffMs } from './backoff.ts'
import type { TokenOwner } from './guards.ts'
import type { StopSwitch } from './stop.ts'

const mostTries = 5
/** Longest wait for a rate limit's reset: a window of Okta's, and the second after it. */
const longestResetWaitMs = 65_000

/**
 * Asks Okta whose the token is. It is the first call of every sitting, so it is also where a wrong address, a wrong
 * token or a proxy in between shows itself.
 *
 * @returns the owner; null where the token belongs to no user, as that of a service app
 * @throws KnownError where Okta can't be reached, is not Okta, or refuses the credentials (exit code 4)
 * @throws RunStopped where the user stops the run meanwhile
 */
export async function readTokenOwner(
  send: (request: OktaRequest) => Promise<Answer>,
  stop: StopSwitch,
  oktaNow: () => number,
): Promise<TokenOwner> {
  for (let tries = 1; ; tries++) {
    const answer = await send(readOwnerRequest())
    const last = tries >= mostTries
    if (answer.kind === 'unanswered') {
      if (last || !isPassing(answer.code)) throw unreachable(answer.code, answer.why)
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
    if (httpStatus >= 300 && httpStatus < 400) throw redirected(answer.location)
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
    if (error !== null && httpStatus < 500 && httpStatus !== 429) return null
    throw new KnownError(
      `What answers at the org's URL is not Okta's API: ${describeAnswer(answer)}.`,
      'Check OKTA_CLIENT_ORGURL, and whether a proxy stands in between: curl -i $OKTA_CLIENT_ORGURL/api/v1/users/me',
    )
  }
}

/** Whether it makes sense to try again at once: a wrong name or certificate stays wrong. */
function isPassing(code: string): boolean {
  return !/^(ENOTFOUND|ECONNREFUSED|CERT_|ERR_TLS|ERR_SSL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|EPROTO)/.test(code)
}

const advice: readonly (readonly [pattern: RegExp, next: string])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)/, 'The name is not known: check OKTA_CLIENT_ORGURL and the DNS of this machine.'],
  [/^ECONNREFUSED/, 'Nothing listens there: check OKTA_CLIENT_ORGURL, and whether a firewall is in between.'],
  [
    /^(CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/,
    'The certificate is not trusted. If your company inspects TLS: export NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem',
  ],
  [
    /^(EPROTO|ERR_SSL)/,
    'What listens there does not speak TLS: check the scheme and port of OKTA_CLIENT_ORGURL.',
  ],
]

function unreachable(code: string, why: string): KnownError {
  const next = advice.find(([pattern]) => pattern.test(code))?.[1]
  return new KnownError(`Okta can't be reached: ${why}.`, next ?? 'Check the network and OKTA_CLIENT_ORGURL.')
}

function redirected(location: string | null): KnownError {
  const target = location !== null && URL.canParse(location) ? new URL(location).origin : null
  return new KnownError(
    `The org's URL redirects${target === null ? '' : ` to ${target}`}; a token is never sent along.`,
    target === null
      ? 'Check OKTA_CLIENT_ORGURL.'
      : `If that is your org: export OKTA_CLIENT_ORGURL=${target}`,
  )
}
