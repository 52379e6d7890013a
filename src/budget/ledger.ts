import Bottleneck from 'bottleneck'
import type { Bucket } from '../okta/bucket.ts'

/**
 * Keeps the permits of each bucket. Behind this interface the permits of several machines could be kept in one place;
 * the budget says how many there are, the ledger sees to it that none is taken twice.
 */
export interface Ledger {
  /**
   * Sets the permits that stand in a bucket to `available`, takes `count` of them at once, and resolves when they are
   * taken. One call at a time for a bucket; `count` is from 1 to `available`.
   */
  take(bucket: Bucket, available: number, count: number): Promise<void>
}

/**
 * A ledger of this process alone, on Bottleneck's reservoirs. Each reservoir is only ever moved by
 * `incrementReservoir`: `updateSettings` would stop a reservoir's own refresh (its issue 185), and the budget refills it
 * at Okta's reset in any case. One job takes several permits through its weight, since a job costs a few milliseconds.
 */
export function createLocalLedger(): Ledger {
  const limiters = new Map<Bucket, { limiter: Bottleneck; balance: number }>()

  async function take(bucket: Bucket, available: number, count: number): Promise<void> {
    const entry = limiters.get(bucket) ?? { limiter: new Bottleneck({ reservoir: 0 }), balance: 0 }
    limiters.set(bucket, entry)
    const correction = available - entry.balance
    entry.balance = available - count
    await new Promise<void>((resolve, reject) => {
      // Not awaited one after the other: each costs Bottleneck some timer waits, and a job that comes before its
      // reservoir is filled waits for it anyway. The permits are taken when the job starts, not when it has ended.
      if (correction !== 0) entry.limiter.incrementReservoir(correction).catch(reject)
      entry.limiter.schedule({ weight: count }, async () => resolve()).catch(reject)
    })
  }

  return { take }
}
