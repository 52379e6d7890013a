import type { BucketReport } from './lane.ts'

/** What one task costs in a bucket, in requests. */
export interface Cost {
  readonly bucket: BucketReport
  readonly perTask: number
}

/** How long the remaining tasks take at the present limits, and the rate of the bucket that they wait for. */
export interface Forecast {
  readonly seconds: number
  readonly perMinute: number
}

/** Estimates how long a run still takes, from the slowest of its buckets. Null if no bucket has shown a limit. */
export function forecast(tasksLeft: number, costs: readonly Cost[]): Forecast | null {
  let slowest: Forecast | null = null
  for (const { bucket, perTask } of costs) {
    if (bucket.allowance === null || perTask <= 0) continue
    // The second that the reset names belongs to the window, so a window of 60 s repeats every 61 s.
    const tasksPerSecond = bucket.allowance / perTask / (bucket.windowSeconds + 1)
    const seconds = tasksLeft / tasksPerSecond
    if (slowest === null || seconds > slowest.seconds) slowest = { seconds, perMinute: tasksPerSecond * 60 }
  }
  return slowest
}
