import type { BucketReport } from './lane.ts'

/** What one task costs in a bucket, in requests. */
export interface Cost {
  readonly bucket: BucketReport
  readonly perTask: number
}

/** How long the tasks left take at the limits as they are, and which bucket it is that they wait for. */
export interface Forecast {
  readonly seconds: number
  readonly perMinute: number
}

/**
 * Reckons how long a run still takes from what its buckets allow, the slowest of them counting.
 * Null where no bucket has shown a limit.
 */
export function forecast(tasksLeft: number, costs: readonly Cost[]): Forecast | null {
  let slowest: Forecast | null = null
  for (const { bucket, perTask } of costs) {
    if (bucket.allowance === null || perTask <= 0) continue
    // The second named by the reset belongs to the window, so a window of 60 s comes round every 61.
    const tasksPerSecond = bucket.allowance / perTask / (bucket.windowSeconds + 1)
    const seconds = tasksLeft / tasksPerSecond
    if (slowest === null || seconds > slowest.seconds) slowest = { seconds, perMinute: tasksPerSecond * 60 }
  }
  return slowest
}
