import { webcrypto } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OktaClock } from '../clock.ts'
import type { ServiceAppCredentials } from '../credentials.ts'
import type { Received } from '../exchange.ts'
import { parseRateLimit } from '../rate-limit.ts'
import type { Call } from '../transport.ts'
import type { DpopKey } from './dpop-key.ts'
import type { TokenOutcome } from './grant.ts'
import type { ClientKey } from './private-key.ts'
import { requestToken, type TokenRequest, tokenPath } from './token-request.ts'
import { judgeTokenAnswer } from './token-verdict.ts'

export interface TokenSourceOptions {
  readonly orgUrl: string
  readonly app: ServiceAppCredentials
  readonly scopes: readonly string[]
  /** Which of the scopes a token may lack. */
  readonly dispensable: readonly string[]
  readonly dpop: DpopKey
  readonly clock: OktaClock
  /** Sends a request and lets the clock see the answer. */
  readonly exchange: (call: Call) => Promise<Received>
  /** Aborts waits for a rate limit. */
  readonly signal: AbortSignal
}

/**
 * Finding out that an app uses DPoP takes three requests; a wrong clock, a rate limit and a refused scope each take one
 * more.
 */
const mostRequests = 7
/** The longest wait for the rate limit of the token endpoint, in ms: one of Okta's windows plus a second. */
const longestWaitMs = 61_000

/**
 * Gets access tokens, and remembers what it found out about the app: whether it uses DPoP, the last nonce, and whether
 * it may have the dispensable scopes.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions
  #key: Promise<webcrypto.CryptoKey> | null = null
  #proves = false
  #nonce: string | null = null
  #dispensable: readonly string[]

  constructor(options: TokenSourceOptions) {
    this.#options = options
    this.#dispensable = options.dispensable
  }

  /** Gets a token. Never rejects. */
  async get(): Promise<TokenOutcome> {
    const { app, clock } = this.#options
    this.#key ??= importSigningKey(app.key)
    const key = await this.#key
    let last: Received | null = null
    for (let requests = 0; requests < mostRequests; requests++) {
      const askedAt = clock.mark()
      const clockKnown = clock.known
      const sentTime = clock.nowAtLeast()
      const withProof = this.#proves
      const asked = {
        clientId: app.clientId,
        scopes: this.#scopes(),
        dispensable: this.#dispensable,
        keyId: app.key.keyId,
      }
      const { answer, received } = await requestToken(this.#requestAt(Math.floor(sentTime / 1000), key))
      const clockOffMs = clock.known ? clock.now() - (clock.mark() - askedAt) - sentTime : null
      const sent = { withProof, clockKnown, clockOffMs, askedAt }
      const verdict = judgeTokenAnswer(answer, received, sent, asked)
      last = received
      if (verdict.kind === 'ended') return verdict.outcome
      if (verdict.kind === 'prove') this.#proves = true
      if (verdict.kind === 'nonce') this.#nonce = verdict.nonce
      if (verdict.kind === 'narrow') this.#dispensable = []
      if (verdict.kind === 'wait') await this.#waitForReset(received)
    }
    const why = `no access token could be obtained: ${mostRequests} requests in a row were each answered with a new demand (${last?.kind === 'response' ? last.httpStatus : 'none'})`
    return { kind: 'away', loss: { code: 'TOKEN_ENDPOINT', why } }
  }

  #scopes(): readonly string[] {
    const { scopes, dispensable } = this.#options
    return this.#dispensable.length > 0 ? scopes : scopes.filter((scope) => !dispensable.includes(scope))
  }

  #requestAt(second: number, key: webcrypto.CryptoKey): TokenRequest {
    const { orgUrl, app, dpop, exchange } = this.#options
    const call = { method: 'POST', origin: orgUrl, path: tokenPath, accessToken: null }
    const proof = this.#proves ? dpop.prove({ ...call, second, nonce: this.#nonce }) : null
    const { clientId } = app
    return { orgUrl, clientId, key, keyId: app.key.keyId, scopes: this.#scopes(), second, proof, exchange }
  }

  async #waitForReset(received: Received): Promise<void> {
    const { clock, signal } = this.#options
    const reset = received.kind === 'response' ? parseRateLimit(received.headers)?.reset : undefined
    const wait = reset === undefined ? 5_000 : (reset + 1) * 1000 - clock.nowAtLeast()
    await sleep(Math.min(longestWaitMs, Math.max(500, wait)), undefined, { signal }).catch(() => {})
  }
}

/** The key in the form that the library signs with: for one algorithm only, and not exportable. */
async function importSigningKey({ key, algorithm }: ClientKey): Promise<webcrypto.CryptoKey> {
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const
  const use =
    algorithm === 'ES256' || algorithm === 'ES384' || algorithm === 'ES512'
      ? { name: 'ECDSA', namedCurve: curve[algorithm] }
      : { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${algorithm.slice(2)}` }
  return await webcrypto.subtle.importKey('pkcs8', der, use, false, ['sign'])
}
