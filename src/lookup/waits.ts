/**
 * Why a row waits although the budget would let it go on: its call may still be under way (`unanswered`), a call that
 * sends mail is not repeated at once (`mail`), a call that failed for a passing reason is tried again (`again`), or Okta
 * is still changing the user (`in_transition`).
 */
export type RowWaitReason = 'unanswered' | 'mail' | 'again' | 'in_transition'

/** A wait of a row, in epoch ms by Okta's clock. */
export interface RowWait {
  readonly why: RowWaitReason
  /** When it ends; for `in_transition` when it ends at the latest. */
  readonly until: number
}

/** The rows that wait for something other than the budget, so that people can be told. A row has one wait at a time. */
export class RowWaits {
  readonly #waits = new Set<RowWait>()

  /** Knows the row as a waiting one while something is done. */
  async during<T>(wait: RowWait, work: () => Promise<T>): Promise<T> {
    this.#waits.add(wait)
    try {
      return await work()
    } finally {
      this.#waits.delete(wait)
    }
  }

  /** How many rows wait. */
  get count(): number {
    return this.#waits.size
  }

  /** The wait that lasts longest; null if none waits. */
  longest(whys: readonly RowWaitReason[] = ['unanswered', 'mail', 'again', 'in_transition']): RowWait | null {
    let longest: RowWait | null = null
    for (const wait of this.#waits)
      if (whys.includes(wait.why) && (longest === null || wait.until > longest.until)) longest = wait
    return longest
  }
}

/** The waits that end when they say. */
export const waitsWithEnd: readonly RowWaitReason[] = ['unanswered', 'mail', 'again']
