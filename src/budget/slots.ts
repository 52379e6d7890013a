/**
 * How many requests may be under way at once.
 *
 * - **searching**: no limit hit yet. Begins small and grows by one with each success, up to the ceiling.
 * - **below the mark**: the limit was hit, and the mark is one below what was under way then. Grows by one for each
 *   round of successes, up to the mark.
 * - **at the mark**: stays there for many rounds, then tries one more.
 *
 * A refusal cuts the size at once and sets a new mark, and the size grows from below it.
 */
export interface Slots {
  readonly ceiling: number
  /** Requests at once, from 1 to the ceiling. */
  readonly size: number
  /** How many requests may be under way without a refusal, as far as known; null while no limit has been hit. */
  readonly mark: number | null
  /** Successes since the size last changed. */
  readonly successes: number
  /** How often the size was cut. A refusal of a request from before the last cut is nothing new. */
  readonly cuts: number
}

const beginWith = 4
/** Rounds of successes at the mark before one more slot is tried. Each try costs a refused call. */
const roundsAtMark = 40
const cutTo = 0.7

export function newSlots(ceiling: number): Slots {
  return { ceiling, size: Math.min(ceiling, beginWith), mark: null, successes: 0, cuts: 0 }
}

/** The slots after a request that was not refused for too many requests at once. */
export function slotsAfterSuccess(slots: Slots): Slots {
  const { ceiling, size, mark } = slots
  if (size >= ceiling) return slots
  const successes = slots.successes + 1
  return successes < successesToGrow(size, mark)
    ? { ...slots, successes }
    : { ...slots, size: size + 1, successes: 0 }
}

function successesToGrow(size: number, mark: number | null): number {
  if (mark === null) return 1
  return size < mark ? size : size * roundsAtMark
}

/**
 * The slots after a refusal for too many requests at once.
 *
 * @param underWay requests under way when the refusal arrives, including the refused one
 * @param cutsWhenSent {@link Slots.cuts} when the refused request was sent
 */
export function slotsAfterConcurrencyLimit(slots: Slots, underWay: number, cutsWhenSent: number): Slots {
  // Several refusals of calls that left together must cut the size only once.
  if (cutsWhenSent < slots.cuts) return slots
  const crowd = Math.min(underWay, slots.size)
  return {
    ...slots,
    size: Math.max(1, Math.floor(crowd * cutTo)),
    mark: Math.max(1, crowd - 1),
    successes: 0,
    cuts: slots.cuts + 1,
  }
}
