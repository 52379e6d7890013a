import Bottleneck from 'bottleneck'
import type { Bucket } from '../okta/bucket.ts'

/** Keeps the permits of each bucket. The budget says how many there are; a reservoir makes sure that none is taken twice. */
export interface Reservoirs {
  /**
   * Sets the number of permits in a bucket to `available`, takes `count` of them at once, and resolves when they are
   * taken. Only one call at a time for a bucket; `count` is from 1 to `available`.
   */
  take(bucket: Bucket, available: number, count: number): Promise<void>
}

/** How many permits are taken for the requests that come next. */
const takenAhead = 20

interface Entry {
  readonly limiter: Bottleneck
  /** What the limiter's reservoir holds. */
  balance: number
  /** Permits that are taken from it and not used yet. */
  taken: number
  /** The wall clock at the last call, in epoch ms. */
  wall: number
}

/**
 * Reservoirs of Bottleneck, for this process alone. Only `incrementReservoir` changes a reservoir:
 * `updateSettings` would stop its own refresh (issue 185 of Bottleneck), and the budget refills it at Okta's reset
 * anyway. A job of Bottleneck costs a few milliseconds, so one job takes several permits through its weight, and some
 * more for the requests that come next: those that must go one after the other would each wait for a job of their own.
 */
export function createReservoirs(): Reservoirs {
  const limiters = new Map<Bucket, Entry>()

  async function take(bucket: Bucket, available: number, count: number): Promise<void> {
    const wall = Date.now()
    const known = limiters.get(bucket)
    // Bottleneck waits until its wall clock has reached the time of its previous job. If the clock has been set back,
    // everything would wait until then.
    const entry =
      known === undefined || wall < known.wall
        ? { limiter: new Bottleneck({ reservoir: 0 }), balance: 0, taken: 0, wall }
        : known
    entry.wall = wall
    limiters.set(bucket, entry)
    // `available` is the truth: it has room for these, whoever has asked before.
    if (entry.taken >= count) {
      entry.taken -= count
      return
    }
    const correction = available - entry.balance
    const weight = Math.min(available, count + takenAhead)
    entry.taken = weight - count
    entry.balance = available - weight
    await new Promise<void>((resolve, reject) => {
      // These two are not awaited one after the other: each costs Bottleneck some timer waits, and a job waits for its
      // reservoir to be filled anyway. The permits are taken when the job starts, not when it ends.
      if (correction !== 0) entry.limiter.incrementReservoir(correction).catch(reject)
      entry.limiter.schedule({ weight }, async () => resolve()).catch(reject)
    })
  }

  return { take }
}
