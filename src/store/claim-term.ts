import { Deadline } from '../files/deadline.ts'

/** How long a claim stands in the store unless it is renewed, in ms. */
export const claimMs = 15_000
/** How often a holder renews its claim, in ms. */
export const renewEveryMs = 5_000
/** How long before its end nothing more is sent, since a request takes its time to leave and to arrive. */
const marginMs = 3_000

/** Until when a holder may write and send under a claim for which, or for whose renewal, it asks now. */
export function endIfAskedNow(): Deadline {
  return new Deadline(claimMs - marginMs)
}
