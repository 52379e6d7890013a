/** How long a claim stands in the store unless it is renewed, in ms. */
export const claimMs = 15_000
/** How often a holder renews its claim, in ms. */
export const renewEveryMs = 5_000
/** How long before its end nothing more is sent, since a request takes its time to leave and to arrive. */
const marginMs = 3_000

/**
 * Until when a holder may write and send under a claim, by its own monotonic clock.
 *
 * @param askedAt when it asked for the claim, or for its renewal, by that clock in ms
 */
export function validUntil(askedAt: number): number {
  return askedAt + claimMs - marginMs
}
