/** Given to each request, and returned with its answer. */
export interface Permit {
  readonly probe: boolean
  /** Okta's time when it was granted, or earlier: its answer is not older. In epoch ms; absent if nobody knew it. */
  readonly grantedAt?: number
}

/**
 * What may be sent now in one rate-limit bucket, as arithmetic over (state, event, now).
 *
 * All times are epoch milliseconds by Okta's clock. "Now" is never later than Okta's own time, so a window counts as
 * over only when it certainly is. A window is open from its first request up to and including the second that `reset`
 * names.
 *
 * States and transitions:
 * - **unknown**: no answer yet. One request goes out as a probe, if what earlier executions sent leaves room for it in
 *   the share of the limit that they saw. Where no limit was ever seen, probes that have shown nothing keep the next one
 *   waiting. An answer with headers → open. One without → headerless, or, if earlier
 *   executions saw a limit, another probe within the share of that.
 * - **headerless**: answers have no rate-limit headers. At most two requests are in flight. An answer with headers →
 *   open.
 * - **open**: the window of `reset` is running. The run may send the rest of its share, but no more than Okta shows as
 *   remaining minus what others on the counter would use until the reset. Once `reset` + 1 s has passed → probing.
 * - **probing**: the old window is over and the next one is not seen yet. One probe goes out at a time, and no more
 *   probes in all than the share allows: each may count, even if its answer does not show the window. The first answer
 *   with a later reset → open.
 * - **closed**: Okta refused a call. Nothing goes out until `closedUntil`, then as above.
 *
 * Requests in flight count as spent, on both sides of a reset. Answers arrive in any order, so within a window only the
 * lowest `remaining` counts, and only a later reset opens a new window.
 */
export interface BudgetState {
  /** The fraction of the limit that this run may use, above 0 and at most 1. */
  readonly share: number
  /** The fraction of its share that the run uses for now: less than 1 after others have emptied the counter. */
  readonly caution: number
  readonly window: BudgetWindow | null
  readonly headerless: boolean
  readonly closedUntil: number
  readonly inFlight: number
  /** When the last probe left; null if it is not under way any more. */
  readonly probedAt: number | null
  readonly probesInFlight: number
  /**
   * Requests that were sent while no window was known to be open, and those whose answers were lost. They may have
   * arrived, or may still arrive, in the window that is not seen yet.
   */
  readonly unattributed: Unattributed
  /**
   * When each request was sent that was lost while no window was known to be open. If the window that is seen next was open
   * by then, they may arrive in the one after it.
   */
  readonly lostUnseen: readonly number[]
  /** Requests per ms that others made on the counter in earlier windows; null while nothing is known. */
  readonly othersRate: number | null
  /** Times of requests by earlier executions that may still count in the window and are not attributed yet. */
  readonly earlierSends: readonly number[]
  /**
   * When each call of theirs without an answer had left at the latest, the latest last. It counts in each window that it
   * may have arrived in, because nothing shows which of them it was. Absent where there is none.
   */
  readonly earlierUnanswered?: readonly number[]
  /** The limit that earlier executions last saw; null if none is known. */
  readonly earlierLimit: number | null
  /**
   * Whether earlier executions may have sent more than is known, because a part of their journal was lost. Then all that
   * was used of the first window counts as theirs.
   */
  readonly earlierUnknown: boolean
  /** Length of a window in ms, as learned. Okta's is 60 s. */
  readonly windowMs: number
}

/** Requests by when they were sent, the latest last. Those that were sent close together are one entry. */
export type Unattributed = readonly {
  /** None of them was sent later. */
  readonly until: number
  readonly count: number
}[]

export interface BudgetWindow {
  readonly limit: number
  /** The lowest `remaining` header among the answers of this window. */
  readonly remaining: number
  /** Epoch seconds. */
  readonly reset: number
  /** Requests of this run in the window, in flight or answered. */
  readonly spent: number
  /** Requests of others in the window, as far as answers have shown, and the time of the last such answer. */
  readonly others: number
  readonly seenAt: number
  /**
   * The likely length of windows in ms, used only in forecasts. A window that our own request has opened shows it at
   * once.
   */
  readonly likelyMs: number
  /** Whether Okta refused a call in this window although its headers still showed a `remaining` above 0. */
  readonly emptiedByOthers: boolean
  /**
   * How much longer than the second of their reset windows may be open, in ms, because the counter lags behind Okta's clock.
   * Absent where no answer has shown that.
   */
  readonly lateMs?: number | undefined
}

/**
 * A request of an earlier execution may have opened a window up to this many ms after it was let go. We know only when
 * it was let go, by a clock that may be a second behind, and not when it arrived.
 */
export const arrivesWithinMs = 5_000

/** The length of Okta's windows. */
export const defaultWindowMs = 60_000

/**
 * A bucket about which nothing is known yet.
 *
 * @param earlierSends times at which an earlier execution of the same run sent requests in this bucket, in any order: those of
 *   several runs come run by run
 * @param earlierLimit the limit that it last saw
 * @param earlierUnknown whether it may have sent more than is known
 */
export function newBudget(
  share: number,
  earlierSends: readonly number[] = [],
  earlierLimit: number | null = null,
  earlierUnknown = false,
): BudgetState {
  return {
    share,
    caution: 1,
    window: null,
    headerless: false,
    closedUntil: 0,
    inFlight: 0,
    probedAt: null,
    probesInFlight: 0,
    unattributed: [],
    lostUnseen: [],
    othersRate: null,
    earlierSends: earlierSends.toSorted((one, other) => one - other),
    earlierLimit,
    earlierUnknown,
    windowMs: defaultWindowMs,
  }
}

/** Whether no window is known to be open, so that a probe must go out. */
export function isProbing(state: BudgetState, now: number): boolean {
  if (state.window === null) return !state.headerless
  return now >= endOf(state.window)
}

/** Whether no answer has shown a limit, nor that answers have none. */
export function isUnknown({ window, headerless, earlierLimit }: BudgetState): boolean {
  return window === null && !headerless && earlierLimit === null
}

/** The first moment at which a window is certainly over. The second that `reset` names still belongs to it. */
export function endOf({ reset, lateMs = 0 }: Pick<BudgetWindow, 'reset' | 'lateMs'>): number {
  return (reset + 1) * 1000 + lateMs
}

/** How long a window may be open, in ms. The second that its reset names still belongs to it. */
export function longestOpen({ windowMs }: Pick<BudgetState, 'windowMs'>): number {
  return windowMs + 1000
}

/**
 * For how long after it was sent a request without an answer may count, in ms: it may arrive as late as in the next
 * window, and may have opened that.
 */
export function mayCountFor(state: Pick<BudgetState, 'windowMs'>): number {
  return 2 * longestOpen(state)
}

/** Until when nothing may be sent, as far as answers have shown, in epoch ms by Okta's clock; 0 if something may. */
export function exhaustedUntil({ closedUntil, window, inFlight }: BudgetState): number {
  return window === null || window.remaining > inFlight ? closedUntil : Math.max(closedUntil, endOf(window))
}

/** The most requests that the run sends in a window with this limit. */
export function shareOf(state: Pick<BudgetState, 'share' | 'caution'>, limit: number): number {
  // A tiny bit is added, because in floating point 0.29 × 100 is a little less than 29.
  return Math.max(1, Math.floor(state.share * state.caution * limit + 1e-9))
}

/**
 * The state once Okta's time has proved to be `byMs` later than the clock by which requests were dated. What earlier
 * executions knew was dated by Okta's time already, and so is a window.
 */
export function redated(state: BudgetState, byMs: number): BudgetState {
  return {
    ...state,
    closedUntil: state.closedUntil === 0 ? 0 : state.closedUntil + byMs,
    probedAt: state.probedAt === null ? null : state.probedAt + byMs,
    unattributed: state.unattributed.map((entry) => ({ ...entry, until: entry.until + byMs })),
    lostUnseen: state.lostUnseen.map((sentAt) => sentAt + byMs),
  }
}
