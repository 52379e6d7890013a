import { decodeJwt, decodeProtectedHeader, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import { algorithms } from './dpop-proof.ts'
import type { ClientKey, OAuthClient } from './oauth-client.ts'
import { type OAuthError, refusal, unknownClient } from './oauth-error.ts'
import type { SeenIds } from './seen-ids.ts'

/** How far ahead an assertion may expire, in seconds. Source: Okta's guide to service apps. */
const longestLife = 3600
/** How far ahead of the org's clock an assertion may be issued, in seconds. */
const patience = 60

/** What an assertion is verified against. */
export interface AssertionContext {
  readonly clients: ReadonlyMap<string, OAuthClient>
  /** The token endpoint, as the client calls it. */
  readonly audience: string
  /** The `client_id` parameter, which is optional; null if there is none. */
  readonly clientId: string | null
  /** Seconds since 1970 by the org's clock. */
  readonly second: number
  readonly seen: SeenIds
}

function fault(description: string): OAuthError {
  return refusal('invalid_client', description)
}

function faultOf(claims: JWTPayload, { audience, second }: AssertionContext): OAuthError | null {
  const { aud, exp, iat, iss, sub } = claims
  if (sub !== iss) return fault('The issuer and the subject of client_assertion must be the client_id.')
  if (![aud].flat().includes(audience)) {
    return fault('The audience claim for client_assertion must be the endpoint invoked for the request.')
  }
  if (typeof exp !== 'number') return fault('The client_assertion token must have an expiration.')
  if (exp <= second) return fault('The client_assertion token is expired.')
  if (exp > second + longestLife) {
    return fault('The client_assertion token has an expiration too far into the future.')
  }
  if (iat !== undefined && iat > second + patience) {
    return fault('The client_assertion token must be issued before the current time.')
  }
  return null
}

// The key that the assertion names. If it names none, the app's only key is used.
function keyFor(keys: readonly ClientKey[], kid: string | undefined): ClientKey | undefined {
  if (kid === undefined) return keys.length === 1 ? keys[0] : undefined
  return keys.find((key) => key.kid === kid) ?? keys.find((key) => key.kid === null)
}

/**
 * Verifies a client assertion (`private_key_jwt`, RFC 7523), and says whose it is. An assertion with a `jti` is
 * accepted only once.
 *
 * Source of the words: Okta's own refusals for audience, expiry, replay, client id, key and signature; the other
 * refusals are worded like them.
 */
export async function verifyAssertion(
  assertion: string,
  context: AssertionContext,
): Promise<OAuthClient | OAuthError> {
  let issuer: string | undefined
  let kid: string | undefined
  try {
    issuer = decodeJwt(assertion).iss
    kid = decodeProtectedHeader(assertion).kid
  } catch {
    return fault('The client_assertion token is malformed.')
  }
  const client = context.clients.get(issuer ?? '')
  if (client === undefined || (context.clientId !== null && context.clientId !== client.id))
    return unknownClient
  const key = keyFor(client.keys, kid)
  if (key === undefined) return fault('The client_assertion JWT kid is invalid.')
  let verified: JWTVerifyResult
  try {
    // Times are judged below, each with Okta's own words.
    const options = { algorithms, currentDate: new Date(0), clockTolerance: Number.MAX_SAFE_INTEGER }
    verified = await jwtVerify(assertion, key.key, options)
  } catch {
    return fault('The client_assertion signature is invalid.')
  }
  const claims = verified.payload
  const wrong = faultOf(claims, context)
  if (wrong !== null) return wrong
  const { jti, exp = 0 } = claims
  if (jti !== undefined && !context.seen.take(`${client.id} ${jti}`, exp, context.second)) {
    return fault('The client_assertion token has already been used.')
  }
  return client
}
