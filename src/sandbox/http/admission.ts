import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { scopeOf } from '../endpoints/scope.ts'
import { concurrencyRefusal, type Verdict } from '../limits/window.ts'
import type { OrgToken } from '../org/org-state.ts'
import { type Credentials, credentialsIn } from './authorization.ts'
import { baseUrlOf } from './base-url.ts'
import type { ApiParts, Exchange } from './parts.ts'

/** Whether a call may go on: the token it came with, or the answer that ends it. */
export type Admission =
  | {
      readonly token: OrgToken
      /** False for a service app without an admin role: Okta answers it, but shows and allows nothing. */
      readonly hasRole: boolean
      readonly verdict: Verdict | null
    }
  | { readonly refusal: Reply; readonly verdict: Verdict | null }

// Calls with an unknown token are counted as one client of their own: they must not use up anyone's cap.
const strangers = 'strangers'

/** The caller, as the rate limits tell clients apart: all tokens of a service app are one client. */
function clientOf({ org, oauth }: ApiParts, credentials: Credentials | null): string {
  if (credentials === null) return strangers
  if (credentials.scheme !== 'DPoP' && org.knows(credentials.value)) return credentials.value
  return oauth?.server.tokens.find(credentials.value)?.client.id ?? strangers
}

/** Admits a call, or refuses it: too many at once, over the limit, wrong credentials, not allowed. */
export function admitCall(
  parts: ApiParts,
  endpoint: Endpoint,
  exchange: Exchange,
  underWay: number,
): Admission | Promise<Admission> {
  const { second } = parts.clock.instant()
  if (parts.concurrency !== null && underWay > parts.concurrency) {
    return { refusal: errorReply(oktaError('E0000047')), verdict: concurrencyRefusal(second) }
  }
  const credentials = credentialsIn(exchange.env.incoming.headers.authorization)
  const verdict = parts.rateLimits?.take(endpoint.bucket, clientOf(parts, credentials), second) ?? null
  if (verdict?.refused === true) return { refusal: errorReply(oktaError('E0000047')), verdict }
  if (credentials !== null && credentials.scheme !== 'SSWS' && !parts.org.knows(credentials.value)) {
    const checked = checkAccessToken(parts, endpoint, exchange, credentials.scheme, credentials.value)
    if (checked !== null) return checked.then((admission) => ({ ...admission, verdict }))
  }
  const token =
    credentials === null || credentials.scheme === 'DPoP' ? null : parts.org.token(credentials.value)
  return token === null
    ? { refusal: errorReply(oktaError('E0000011')), verdict }
    : { token, hasRole: true, verdict }
}

/** Checks an access token. Null if the org has no service apps, so that nobody has one. */
function checkAccessToken(
  parts: ApiParts,
  endpoint: Endpoint,
  exchange: Exchange,
  scheme: 'Bearer' | 'DPoP',
  accessToken: string,
): Promise<Admission> | null {
  if (parts.oauth === null) return null
  const { incoming } = exchange.env
  const { dpop, host } = incoming.headers
  const call = {
    scheme,
    accessToken,
    proof: typeof dpop === 'string' ? dpop : null,
    method: endpoint.method,
    baseUrl: baseUrlOf(parts, host),
    path: (incoming.url ?? '').split(/[?#]/, 1)[0] ?? '',
    scope: scopeOf(endpoint),
    second: parts.clock.instant().second,
  }
  return parts.oauth
    .check(call)
    .then((verdict) =>
      verdict.kind === 'refused'
        ? { refusal: verdict.reply, verdict: null }
        : { token: { value: accessToken, owner: null }, hasRole: verdict.client.hasRole, verdict: null },
    )
}
