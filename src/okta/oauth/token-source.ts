import { webcrypto } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answered } from '../answer.ts'
import type { OktaClock } from '../clock.ts'
import type { ServiceAppCredentials } from '../credentials.ts'
import type { Received } from '../exchange.ts'
import type { Call } from '../transport.ts'
import type { DpopKey } from './dpop-key.ts'
import type { TokenEndpointLoss, TokenOutcome } from './grant.ts'
import type { ClientKey } from './private-key.ts'
import { limitLoss, limitWait, waitingForLimit } from './token-limit.ts'
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
  /** The longest wait for the rate limit of the token endpoint in all, in ms. */
  readonly limitPatienceMs: number
  /** Gets a sentence for people when a long wait begins. */
  readonly say: (line: string) => void
  /** Aborts waits for a rate limit. */
  readonly signal: AbortSignal
}

/**
 * Finding out that an app uses DPoP takes three requests; a wrong clock and a refused scope each take one more. Requests
 * over the rate limit are not counted: what bounds them is time.
 */
const mostRequests = 6

/** A wait of so many ms is worth a sentence. */
const worthSayingMs = 5_000

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
  /** How many answers in a row were 429, over all tokens. */
  #limited = 0

  constructor(options: TokenSourceOptions) {
    this.#options = options
    this.#dispensable = options.dispensable
  }

  /** Gets a token. Never rejects. */
  async get(): Promise<TokenOutcome> {
    const { app, clock } = this.#options
    this.#key ??= importSigningKey(app.key)
    const key = await this.#key
    const startedAt = clock.mark()
    const limitedBefore = this.#limited
    let last: Received | null = null
    for (let requests = 0; requests < mostRequests; ) {
      const askedAt = clock.mark()
      const clockKnown = clock.dated
      const sentTime = clock.nowAtLeast()
      const withProof = this.#proves
      const asked = {
        clientId: app.clientId,
        scopes: this.#scopes(),
        dispensable: this.#dispensable,
        keyId: app.key.keyId,
      }
      const { answer, received } = await requestToken(this.#requestAt(Math.floor(sentTime / 1000), key))
      const clockOffMs = clock.dated ? clock.now() - (clock.mark() - askedAt) - sentTime : null
      const sent = { withProof, clockKnown, clockOffMs, askedAt }
      const verdict = judgeTokenAnswer(answer, received, sent, asked)
      last = received
      if (verdict.kind === 'wait') {
        this.#limited++
        const loss = await this.#waitForLimit(verdict.answer, startedAt, this.#limited - limitedBefore)
        if (loss !== null) return { kind: 'away', loss }
        continue
      }
      this.#limited = 0
      requests++
      if (verdict.kind === 'ended') return verdict.outcome
      if (verdict.kind === 'prove') this.#proves = true
      if (verdict.kind === 'nonce') this.#nonce = verdict.nonce
      if (verdict.kind === 'narrow') this.#dispensable = []
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

  /**
   * Waits for the rate limit.
   *
   * @param startedAt when the first request for this token left, by the monotonic clock
   * @param times how many requests for this token were refused for the limit
   * @returns null after the wait; why no token can be had, if the wait would be too long or was cut short
   */
  async #waitForLimit(answer: Answered, startedAt: number, times: number): Promise<TokenEndpointLoss | null> {
    const { clock, signal, say, limitPatienceMs } = this.#options
    const { milliseconds, isStated } = limitWait(answer, this.#limited, clock.nowAtLeast())
    const until = clock.now() + milliseconds
    const waitedMs = clock.mark() - startedAt
    const loss = limitLoss(answer, times, waitedMs, isStated ? until : null)
    if (waitedMs + milliseconds > limitPatienceMs) return loss
    if (milliseconds >= worthSayingMs) say(waitingForLimit(until))
    await sleep(milliseconds, undefined, { signal }).catch(() => {})
    return signal.aborted ? loss : null
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
