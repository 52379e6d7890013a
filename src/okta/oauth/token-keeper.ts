import type { Grant, TokenOutcome } from './grant.ts'
import { ended, need, rejected, type TokenState } from './token-state.ts'

/** Keeps the one access token of a service app for all calls; see {@link TokenState} for its life. */
export class TokenKeeper {
  readonly #ask: () => Promise<TokenOutcome>
  readonly #monotonic: () => number
  #state: TokenState = { kind: 'empty' }
  #underWay: Promise<void> = Promise.resolve()

  /**
   * @param ask requests a token; never rejects
   * @param monotonic milliseconds that only grow, from any origin
   */
  constructor(ask: () => Promise<TokenOutcome>, monotonic: () => number) {
    this.#ask = ask
    this.#monotonic = monotonic
  }

  /** A token that can be used now, or why there is none. */
  async current(): Promise<TokenOutcome> {
    const [state, wanted] = need(this.#state, this.#monotonic())
    this.#state = state
    switch (wanted.do) {
      case 'use':
        return { kind: 'granted', grant: wanted.grant }
      case 'fail':
        return wanted.outcome
      case 'ask':
        this.#underWay = this.#request()
        if (wanted.grant !== null) return { kind: 'granted', grant: wanted.grant }
        break
      case 'wait':
        break
    }
    await this.#underWay
    // A token that expired while it was being fetched is used all the same: Okta's answer decides.
    if (this.#state.kind === 'holding') return { kind: 'granted', grant: this.#state.grant }
    return await this.current()
  }

  /** Must be called after a 401, so that the token is not used for another call. */
  rejected(grant: Grant): void {
    this.#state = rejected(this.#state, grant)
  }

  async #request(): Promise<void> {
    const outcome = await this.#ask()
    this.#state = ended(this.#state, outcome, this.#monotonic())
  }
}
