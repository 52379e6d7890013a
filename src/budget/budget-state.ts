/**
 * What may still be sent now in one rate-limit bucket, as arithmetic over (state, event, now).
 *
 * All times are epoch milliseconds by Okta's clock, and "now" is never later than Okta's own: a window counts as over
 * only when it surely is. A window is open from its first request up to and including the second named by `reset`.
 *
 * States and transitions:
 * - **unknown**: no answer yet. One request goes out as a probe. An answer with headers → open; without → headerless.
 * - **headerless**: answers carry no limits. Two requests at most are in flight. An answer with headers → open.
 * - **open**: the window of `reset` is running. What may go out is the smaller of what is left of the run's share and of
 *   what Okta shows as remaining, less what others on the counter would use until the reset.
 *   Once `reset` + 1 s has passed → probing.
 * - **probing**: the old window is over, the next not yet seen. One probe at a time; the first answer with a later reset
 *   → open.
 * - **closed**: Okta refused a call. Nothing goes out until `closedUntil`; then as above.
 *
 * What is in flight is already spent, on both sides of a reset. Answers arrive in any order: within a window only the
 * lowest remaining counts, and only a later reset opens a new window.
 */
export interface BudgetState {
  /** The part of the limit that this run may take, over 0 and at most 1. */
  readonly share: number
  /** What is taken of the share for now: less than 1 after others have emptied the counter. */
  readonly caution: number
  readonly window: BudgetWindow | null
  readonly headerless: boolean
  readonly closedUntil: number
  readonly inFlight: number
  /** When the last probe left; null when none is out. */
  readonly probedAt: number | null
  readonly probesInFlight: number
  /**
   * Requests sent while no window was known to be open, and those of an old window whose answers were lost late: they
   * may have arrived in the window that is not seen yet.
   */
  readonly unattributed: Unattributed
  /** Requests per ms that others made on the counter in the windows before; null while nothing is known. */
  readonly othersRate: number | null
  /** Times of requests that an earlier execution sent and that may still count in the window, not yet attributed. */
  readonly earlierSends: readonly number[]
  /** Length of a window in ms, learned; Okta's is 60 s. */
  readonly windowMs: number
}

/** A count over the last one to two windows: what is older can't be in the window that opens next. */
export interface Unattributed {
  readonly count: number
  readonly countBefore: number
  readonly since: number
}

export interface BudgetWindow {
  readonly limit: number
  /** The lowest remaining that an answer of this window has shown. */
  readonly remaining: number
  /** Epoch seconds. */
  readonly reset: number
  /** Requests of this run that count in the window, in flight or answered. */
  readonly spent: number
  /** Requests of others that the window holds, as far as an answer has shown, and when it did. */
  readonly others: number
  readonly seenAt: number
  /** Whether Okta refused a call in this window while its headers still showed some remaining. */
  readonly emptiedByOthers: boolean
}

/** Nothing sent that is not attributed to a window. */
export const noneUnattributed: Unattributed = { count: 0, countBefore: 0, since: 0 }

/** The length of Okta's windows. */
export const defaultWindowMs = 60_000

/**
 * A bucket of which nothing is known yet.
 *
 * @param earlierSends times at which an earlier execution of the same run sent requests in this bucket
 */
export function newBudget(share: number, earlierSends: readonly number[] = []): BudgetState {
  return {
    share,
    caution: 1,
    window: null,
    headerless: false,
    closedUntil: 0,
    inFlight: 0,
    probedAt: null,
    probesInFlight: 0,
    unattributed: noneUnattributed,
    othersRate: null,
    earlierSends,
    windowMs: defaultWindowMs,
  }
}

/** Whether no window is known to be open, so that one request goes out to see. */
export function isProbing(state: BudgetState, now: number): boolean {
  if (state.window === null) return !state.headerless
  return now >= endOf(state.window)
}

/** The first moment at which a window is surely over: the second named by `reset` still belongs to it. */
export function endOf(window: Pick<BudgetWindow, 'reset'>): number {
  return (window.reset + 1) * 1000
}

/** The most that the run sends in a window of this limit. */
export function shareOf(state: Pick<BudgetState, 'share' | 'caution'>, limit: number): number {
  // A hair more, since 0.29 × 100 is a little less than 29 for a computer.
  return Math.max(1, Math.floor(state.share * state.caution * limit + 1e-9))
}
