import type { Timeline } from './page-data.ts'

/** A time in which no request was sent, between two in which some were. */
export interface Pause {
  /** The index of its first bar. */
  readonly first: number
  /** The index after its last bar. */
  readonly end: number
  /** At least this many seconds. */
  readonly seconds: number
}

/** Shorter pauses are not shown. */
const shortestSeconds = 3

/** The pauses of a timeline: mostly waits for the next window of the rate limit, or the time between two executions. */
export function findPauses({ counts, step }: Pick<Timeline, 'counts' | 'step'>): readonly Pause[] {
  const pauses: Pause[] = []
  let first: number | null = null
  for (const [index, count] of counts.entries()) {
    if (count === 0) first ??= index
    else if (first !== null) {
      const seconds = (index - first) * step
      if (seconds >= shortestSeconds) pauses.push({ first, end: index, seconds })
      first = null
    }
  }
  return pauses
}
