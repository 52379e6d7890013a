import { createHash } from 'node:crypto'
import { isSignedBy, keyIn, parseJwt } from './jwt.ts'

/** What a proof must be for. */
export interface Proven {
  readonly method: string
  /** Scheme, host and path; the path without escapes. */
  readonly url: string
  readonly accessToken: string | null
  /** In seconds, by the server's clock. */
  readonly now: number
  /** The nonce that it must have; null: any or none. */
  readonly nonce: string | null
}

/** How a proof was judged: the name of its key, or what is wrong with it. */
export type ProofVerdict =
  | { readonly key: string }
  | { readonly fault: string }
  | { readonly wantsNonce: true }

/**
 * Judges a proof (RFC 9449, section 4.3). `spent` has the ids of all proofs so far.
 */
export function judgeProof(text: string | undefined, call: Proven, spent: Set<string>): ProofVerdict {
  if (text === undefined) return { fault: 'The DPoP proof JWT header is missing.' }
  const jwt = parseJwt(text)
  const key = jwt === null ? null : keyIn(jwt)
  if (jwt === null || key === null) return { fault: 'The DPoP proof JWT is malformed.' }
  const { header, claims } = jwt
  if (header.typ !== 'dpop+jwt' || !isSignedBy(jwt, key))
    return { fault: 'The DPoP proof JWT is not signed.' }
  if ('d' in (header.jwk as object)) return { fault: 'The DPoP proof JWT shows a private key.' }
  if (claims.htm !== call.method || claims.htu !== call.url) {
    return {
      fault: `The DPoP proof JWT is for ${claims.htm} ${claims.htu}, the call is ${call.method} ${call.url}.`,
    }
  }
  if (typeof claims.iat !== 'number' || Math.abs(claims.iat - call.now) > 300) {
    return { fault: 'The DPoP proof JWT is issued more than five minutes in the past or future.' }
  }
  const hash =
    call.accessToken === null ? undefined : createHash('sha256').update(call.accessToken).digest('base64url')
  if (claims.ath !== hash) return { fault: "The 'ath' claim does not match." }
  if (typeof claims.jti !== 'string' || spent.has(claims.jti))
    return { fault: 'The DPoP proof JWT was used before.' }
  spent.add(claims.jti)
  if (call.nonce !== null && claims.nonce !== call.nonce) return { wantsNonce: true }
  return { key: JSON.stringify(key.export({ format: 'jwk' })) }
}
