import { randomBytes } from 'node:crypto'
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose'
import type { OAuthClient } from './oauth-client.ts'

/** An access token that was given out. */
export interface AccessToken {
  readonly client: OAuthClient
  readonly scopes: readonly string[]
  /** Seconds since 1970 by the org's clock: from then on it is refused. */
  readonly expiresAt: number
  /** The thumbprint of the key to which it is bound; null for a bearer token. */
  readonly thumbprint: string | null
}

/** The access tokens of an org: JWTs with Okta's claims, signed with a key of the org's own. */
export class AccessTokens {
  readonly #tokens = new Map<string, AccessToken>()
  #signing: Promise<CryptoKey> | null = null

  /** Gives out a token. `issuer` is the org's URL, `second` the org's time in seconds since 1970. */
  async issue(token: AccessToken, issuer: string, second: number): Promise<string> {
    const { client, scopes, expiresAt, thumbprint } = token
    const claims = {
      ver: 1,
      jti: `AT.${randomBytes(24).toString('base64url')}`,
      iss: issuer,
      aud: issuer,
      sub: client.id,
      iat: second,
      exp: expiresAt,
      cid: client.id,
      scp: scopes,
      ...(thumbprint === null ? {} : { cnf: { jkt: thumbprint } }),
    }
    this.#signing ??= generateKeyPair('RS256').then((pair) => pair.privateKey)
    const value = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(await this.#signing)
    this.#forget(second)
    this.#tokens.set(value, token)
    return value
  }

  /** The token with that value; null if none was given out, or it was revoked. It may have expired. */
  find(value: string): AccessToken | null {
    return this.#tokens.get(value) ?? null
  }

  /** Revokes all tokens. */
  revoke(): void {
    this.#tokens.clear()
  }

  // An expired token is kept for a while, so that the refusal can say why.
  #forget(second: number): void {
    for (const [value, { expiresAt }] of this.#tokens) {
      if (expiresAt + 3600 < second) this.#tokens.delete(value)
    }
  }
}
