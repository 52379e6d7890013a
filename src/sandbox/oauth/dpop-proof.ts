import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { type OAuthError, refusal } from './oauth-error.ts'
import type { SeenIds } from './seen-ids.ts'

/** The algorithms of proofs and assertions, as Okta lists them. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']

/**
 * How old a proof may be, and how far ahead its time may be, in seconds. Source: Okta's refusal names the five minutes.
 */
const patience = 300

/** The call that a proof must be for. */
export interface ProvenCall {
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  /** The access token that comes with the proof; null at the token endpoint. */
  readonly accessToken: string | null
  /** Seconds since 1970 by the org's clock. */
  readonly second: number
}

/** A valid proof: its key, as the JWK's SHA-256 thumbprint, and its nonce. */
export interface Proof {
  readonly kind: 'proven'
  readonly thumbprint: string
  readonly nonce: unknown
}

/** `ath` of an access token, by RFC 9449. */
function hashOfToken(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}

function fault(description: string): OAuthError {
  return refusal('invalid_dpop_proof', description)
}

function invalid(claim: string): OAuthError {
  return fault(`'${claim}' claim in the DPoP proof JWT is invalid.`)
}

function faultOf(claims: JWTPayload, { method, url, accessToken, second }: ProvenCall): OAuthError | null {
  const { iat } = claims
  if (claims.htm !== method) return invalid('htm')
  if (claims.htu !== url) return invalid('htu')
  if (typeof iat !== 'number') return invalid('iat')
  if (iat < second - patience) {
    return fault('The DPoP proof JWT is issued more than five minutes in the past.')
  }
  if (iat > second + patience) {
    return fault('The DPoP proof JWT is issued more than five minutes in the future.')
  }
  if (typeof claims.jti !== 'string' || claims.jti === '') return invalid('jti')
  if (accessToken !== null && claims.ath !== hashOfToken(accessToken)) {
    return fault("'ath' claim in the DPoP proof does not match the presented access_token.")
  }
  return null
}

/**
 * Verifies a proof by RFC 9449: its own key has signed it, it is for this call and no other, it is fresh, and it was
 * not seen before. `header` is the `DPoP` header, null if there is none.
 *
 * Source of the words: Okta's own refusals for a missing header, `htu`, `ath`, age and replay; the other refusals are
 * worded like them.
 */
export async function verifyProof(
  header: string | null,
  call: ProvenCall,
  seen: SeenIds,
): Promise<Proof | OAuthError> {
  if (header === null) return fault('The DPoP proof JWT header is missing.')
  let claims: JWTPayload
  let jwk: JWK | undefined
  try {
    // Times are judged below, each with Okta's own words.
    const currentDate = new Date(0)
    const options = { algorithms, typ: 'dpop+jwt', currentDate, clockTolerance: Number.MAX_SAFE_INTEGER }
    const verified = await jwtVerify(header, EmbeddedJWK, options)
    claims = verified.payload
    jwk = verified.protectedHeader.jwk
  } catch {
    return fault('The DPoP proof JWT is invalid.')
  }
  if (jwk === undefined) return fault('The DPoP proof JWT is invalid.')
  const wrong = faultOf(claims, call)
  if (wrong !== null) return wrong
  const thumbprint = await calculateJwkThumbprint(jwk)
  if (!seen.take(`${thumbprint} ${claims.jti}`, Number(claims.iat) + patience, call.second)) {
    return fault('The DPoP proof JWT has already been used.')
  }
  return { kind: 'proven', thumbprint, nonce: claims.nonce }
}
