import { renderDuration } from '../../messages/duration.ts'
import type { OktaClock } from '../clock.ts'
import type { ServiceAppCredentials } from '../credentials.ts'
import type { Received } from '../exchange.ts'
import { singleHeader } from '../rate-limit.ts'
import { namedError } from '../to-answer.ts'
import type { Call } from '../transport.ts'
import { DpopKey } from './dpop-key.ts'
import type { Grant, TokenOutcome } from './grant.ts'
import { type CallHistory, nextStep } from './next-step.ts'
import { TokenKeeper } from './token-keeper.ts'
import { tokenLimitPatienceMs } from './token-limit.ts'
import { TokenSource } from './token-source.ts'

export interface ServiceAppOptions {
  readonly orgUrl: string
  readonly app: ServiceAppCredentials
  readonly scopes: readonly string[]
  /** Which of the scopes a token may lack. */
  readonly dispensable: readonly string[]
  readonly clock: OktaClock
  /** Sends a request once and lets the clock see the answer. Never rejects. */
  readonly exchange: (call: Call, mayLeave?: () => boolean) => Promise<Received>
  /** Gets sentences for people: that this machine's clock is off, once, and that calls wait for an access token. */
  readonly say: (line: string) => void
  /** As in a {@link TokenSource}; {@link tokenLimitPatienceMs} by default. */
  readonly limitPatienceMs: number | undefined
  readonly signal: AbortSignal
}

/** How far off this machine's clock may be before a message says so, in ms. */
const worthSayingMs = 30_000

/** Sends calls as a service app: with an access token that is always fresh, and with a proof for each sending. */
export class ServiceApp {
  readonly #options: ServiceAppOptions
  readonly #dpop = new DpopKey()
  readonly #keeper: TokenKeeper
  /** The nonce that the API asked for last. */
  #nonce: string | null = null
  /** The token with which a call was accepted last. */
  #proven: Grant | null = null
  #clockSaid = false

  constructor(options: ServiceAppOptions) {
    const { clock, limitPatienceMs = tokenLimitPatienceMs } = options
    const source = new TokenSource({ ...options, limitPatienceMs, dpop: this.#dpop })
    this.#options = options
    this.#keeper = new TokenKeeper(
      () => source.get(),
      () => clock.mark(),
    )
  }

  /** Sends a call, with as many tokens and proofs as it takes. Never rejects. */
  async send(call: Call, mayLeave?: () => boolean): Promise<Received> {
    const { clock, exchange } = this.#options
    const startedAt = clock.mark()
    const history = { nonces: 0, corrections: 0, rejections: 0 }
    for (;;) {
      const held = await this.#keeper.current()
      this.#sayClock()
      if (held.kind !== 'granted') return withResends(notSent(held), history)
      const { grant } = held
      const provedAt = clock.now()
      const sentAt = clock.mark()
      const received = since(await exchange(this.#authorized(call, grant), mayLeave), sentAt - startedAt)
      if (received.kind === 'lost') return withResends(received, history)
      const nonce = singleHeader(received.headers['dpop-nonce'])
      if (nonce !== undefined) this.#nonce = nonce
      const error = namedError(received.headers)
      const step = nextStep(
        {
          httpStatus: received.httpStatus,
          error,
          hasNonce: nonce !== undefined,
          tokenProven: this.#proven === grant,
          clockMoved: Math.abs(clock.now() - (clock.mark() - sentAt) - provedAt) > worthSayingMs,
        },
        history,
      )
      if (step === 'final') {
        if (received.httpStatus < 400) this.#proven = grant
        const renewed = history.rejections > 0 ? ({ withNewToken: true } as const) : {}
        return withResends({ ...received, ...renewed }, history)
      }
      if (step === 'renew') {
        history.rejections++
        this.#keeper.rejected(grant)
      } else if (error === 'use_dpop_nonce') history.nonces++
      else history.corrections++
    }
  }

  #authorized(call: Call, { accessToken, scheme }: Grant): Call {
    const { orgUrl, clock } = this.#options
    const authorization = `${scheme} ${accessToken.reveal()}`
    if (scheme === 'Bearer') return { ...call, headers: { ...call.headers, authorization } }
    const dpop = this.#dpop.prove({
      method: call.method,
      origin: orgUrl,
      path: call.path,
      accessToken,
      second: Math.floor(clock.now() / 1000),
      nonce: this.#nonce,
    })
    return { ...call, headers: { ...call.headers, authorization, dpop } }
  }

  #sayClock(): void {
    const off = this.#options.clock.machineBehindMs
    if (this.#clockSaid || off === null || Math.abs(off) < worthSayingMs) return
    this.#clockSaid = true
    this.#options.say(
      `This machine's clock is ${renderDuration(Math.abs(off) / 1000)} ${off > 0 ? 'behind' : 'ahead of'} Okta's. Requests are signed with Okta's time.`,
    )
  }
}

/** The answer with the number of sendings before it. */
function withResends(received: Received, { nonces, corrections, rejections }: CallHistory): Received {
  const resends = nonces + corrections + rejections
  return resends === 0 ? received : { ...received, resends }
}

/** The answer, with the time that passed before this sending added to `connectedAfterMs`. */
function since(received: Received, earlierMs: number): Received {
  if (received.kind === 'lost' && received.connectedAfterMs === null) return received
  return { ...received, connectedAfterMs: (received.connectedAfterMs ?? 0) + earlierMs }
}

/** A call that could not be sent because there is no token for it. */
function notSent(outcome: Exclude<TokenOutcome, { kind: 'granted' }>): Received {
  if (outcome.kind === 'away') return { kind: 'lost', connectedAfterMs: null, ...outcome.loss }
  const { refusal } = outcome
  return {
    kind: 'lost',
    connectedAfterMs: null,
    code: 'TOKEN_REFUSED',
    why: refusal.why,
    tokenRefusal: refusal,
  }
}
