/**
 * How many requests may be under way at once: up to the ceiling, halved when Okta's concurrency limit is met, and grown
 * back by one for each round of successes.
 */
export interface Slots {
  readonly ceiling: number
  /** Requests at once, from 1 to the ceiling. */
  readonly size: number
  /** Successes since the size last changed. */
  readonly successes: number
}

export function newSlots(ceiling: number): Slots {
  return { ceiling, size: ceiling, successes: 0 }
}

/** After an answer that came through. */
export function slotsAfterSuccess(slots: Slots): Slots {
  if (slots.size >= slots.ceiling) return slots
  const successes = slots.successes + 1
  return successes >= slots.size * 2
    ? { ...slots, size: slots.size + 1, successes: 0 }
    : { ...slots, successes }
}

/**
 * After a refusal for too many requests at once.
 *
 * @param underWay requests that were under way when it was refused, itself included
 */
export function slotsAfterConcurrencyLimit(slots: Slots, underWay: number): Slots {
  // Several refusals of the same crowd must not cut again and again: what is under way already shows the last cut.
  if (underWay > slots.size) return slots
  return { ...slots, size: Math.max(1, Math.floor(slots.size / 2)), successes: 0 }
}
