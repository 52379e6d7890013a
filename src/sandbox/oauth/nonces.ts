import { randomBytes } from 'node:crypto'

const day = 86_400

/**
 * The nonces that proofs at the token endpoint must have. A new one comes every 24 hours, and each is accepted for
 * three days. Source: Okta's guide to DPoP.
 */
export class Nonces {
  #known: { readonly value: string; readonly since: number }[] = []

  /** The nonce of this second since 1970. */
  current(second: number): string {
    const last = this.#known.at(-1)
    if (last !== undefined && second < last.since + day) return last.value
    const value = randomBytes(16).toString('base64url')
    this.#known = [...this.#known.filter(({ since }) => second < since + 3 * day), { value, since: second }]
    return value
  }

  /** Whether a proof with this nonce is accepted. */
  accepts(nonce: unknown, second: number): boolean {
    return this.#known.some(({ value, since }) => value === nonce && second < since + 3 * day)
  }
}
