/** A bucket has at most this many bars; when they run out, every two become one of twice the length. */
const mostBars = 240

/**
 * The times at which requests were sent in a rate-limit bucket: how many in each bar of `step` seconds, from `from` on
 * (epoch ms).
 */
export interface BucketTimes {
  readonly from: number
  readonly step: number
  readonly counts: readonly number[]
}

/**
 * The times at which requests were sent, by bucket, over the whole run. It takes the same little memory however long a
 * run is.
 */
export class RequestTimes {
  readonly #buckets = new Map<string, { first: number; step: number; counts: number[] }>()

  /** @param time epoch ms by Okta's clock */
  add(bucket: string, time: number, count: number): void {
    const second = Math.floor(time / 1000)
    const known = this.#buckets.get(bucket) ?? { first: second, step: 1, counts: [] }
    this.#buckets.set(bucket, known)
    // Okta's clock is an estimate, and may go back a little.
    const place = (): number => Math.max(0, Math.floor((second - known.first) / known.step))
    while (place() >= mostBars) {
      known.counts = inPairs(known.counts)
      known.step *= 2
    }
    while (known.counts.length <= place()) known.counts.push(0)
    known.counts[place()] = (known.counts[place()] ?? 0) + count
  }

  /** Null if no request counted in the bucket. */
  of(bucket: string): BucketTimes | null {
    const known = this.#buckets.get(bucket)
    return known === undefined
      ? null
      : { from: known.first * 1000, step: known.step, counts: [...known.counts] }
  }
}

function inPairs(counts: readonly number[]): number[] {
  return Array.from(
    { length: Math.ceil(counts.length / 2) },
    (_, index) => (counts[index * 2] ?? 0) + (counts[index * 2 + 1] ?? 0),
  )
}
