import {
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import type { Secret } from '../secret.ts'

/** The call that a proof is for. */
export interface ProvenCall {
  readonly method: string
  /** Scheme, host and port. */
  readonly origin: string
  /** Path with query, percent-encoded as it is sent. */
  readonly path: string
  /** The access token that goes with it; null at the token endpoint. */
  readonly accessToken: Secret | null
  /** Epoch seconds by Okta's clock. */
  readonly second: number
  /** The nonce that the server asked for last; null if it asked for none. */
  readonly nonce: string | null
}

/**
 * The key that access tokens are bound to: a new one for each process, and never written down.
 *
 * oauth4webapi signs proofs too. Its proofs can't be used here: they keep the escapes of the path, go by the clock
 * difference known when the key was made, and share one nonce between the token endpoint and the API, which are two
 * servers in the terms of RFC 9449 (sections 8 and 9) but one origin at Okta.
 */
export class DpopKey {
  readonly #privateKey: KeyObject
  readonly #header: string

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { kty, crv, x, y }: JsonWebKey = publicKey.export({ format: 'jwk' })
    this.#privateKey = privateKey
    this.#header = encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })
  }

  /** A proof for one sending of one call: each has a `jti` of its own. Source: RFC 9449, section 4.2. */
  prove({ method, origin, path, accessToken, second, nonce }: ProvenCall): string {
    const claims = {
      jti: randomUUID(),
      htm: method,
      htu: origin + comparedPath(path),
      iat: second,
      ...(nonce === null ? {} : { nonce }),
      ...(accessToken === null
        ? {}
        : { ath: createHash('sha256').update(accessToken.reveal()).digest('base64url') }),
    }
    const input = `${this.#header}.${encoded(claims)}`
    const signature = sign('sha256', Buffer.from(input), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }
}

/**
 * The path as Okta compares it with `htu`: without the query, and with its escapes decoded, so that a login has its `@`
 * and not `%40`. Source: okta-sdk-python issue 541.
 */
function comparedPath(path: string): string {
  const [plain = ''] = path.split(/[?#]/, 1)
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
