import type { RateLimit } from '../okta/rate-limit.ts'

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
  /** Times of requests that an earlier sitting sent and that may still count in the window, not yet attributed. */
  readonly earlierSends: readonly number[]
  /** Length of a window in ms, learned; Okta's is 60 s. */
  readonly windowMs: number
}

interface BudgetWindow {
  readonly limit: number
  /** The lowest remaining that an answer of this window has shown. */
  readonly remaining: number
  /** Epoch seconds. */
  readonly reset: number
  /** Requests of this run that count in the window, in flight or answered. */
  readonly spent: number
  /** Whether Okta refused a call in this window while its headers still showed some remaining. */
  readonly emptiedByOthers: boolean
}

/** Handed out with each request and given back with its answer. */
export interface Permit {
  readonly probe: boolean
}

/** What came back for a permit. */
export type BudgetAnswer =
  | { readonly kind: 'answered'; readonly rateLimit: RateLimit | null }
  /** A 429 other than that of the concurrency limit. */
  | { readonly kind: 'rate_limited'; readonly rateLimit: RateLimit | null }
  /** No answer, or one that says nothing of this bucket. What was sent stays spent. */
  | { readonly kind: 'nothing_learned' }
  /** The permit was not used: nothing was sent. */
  | { readonly kind: 'unused' }

const defaultWindowMs = 60_000
/** How soon to look again at an open window that allows nothing just now. */
const nextLookMs = 100
/** How many may be in flight where nothing is known of a limit. */
const headerlessInFlight = 2
/** After this time without an answer a further probe may go: one lost answer must not stop the run. */
const probePatienceMs = 3_000
/** A refusal without a usable reset closes the bucket for this long at least: no busy loop whatever the headers say. */
const shortestClosureMs = 1_000
/** Others' rate is reckoned over at least this part of a window: a call or two at its start are no rate. */
const shortestRatePart = 1 / 6
const lowestCaution = 1 / 16
/** A share that is spread over a window is sent some time before its end, so that slow answers lose nothing of it. */
const tailPart = 0.1
const shortestTailMs = 2_000
const longestTailPart = 0.4
/** The part of the window that a spread share is ahead of the clock: a run begins with a handful of calls, not with one. */
const leadPart = 0.05
/** A reset further ahead than this is no time of Okta's. */
const longestWindowMs = 3_600_000

/**
 * A bucket of which nothing is known yet.
 *
 * @param earlierSends times at which an earlier sitting of the same run sent requests in this bucket
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
    earlierSends,
    windowMs: defaultWindowMs,
  }
}

/**
 * How many requests may be sent now.
 *
 * @param workLeft requests that the run still has to send in this bucket. If they fit into what is left of the share,
 *   they may go as fast as they can. If not, the run has to wait for the next window anyway, and loses nothing by
 *   spreading the share over this one: so it sees what others use before it has taken all.
 */
export function permits(state: BudgetState, now: number, workLeft = 0): number {
  if (now < state.closedUntil) return 0
  if (isProbing(state, now)) return probeIsDue(state, now) ? 1 : 0
  const { window } = state
  if (window === null) return Math.max(0, headerlessInFlight - state.inFlight)
  const share = shareOf(state, window.limit)
  const ours =
    (workLeft > share - window.spent ? spreadOver(state, window, share, now) : share) - window.spent
  const shown = window.remaining - state.inFlight - othersUntilReset(state, window, now)
  return Math.max(0, Math.min(ours, shown))
}

/** How much of the share may have been sent by now if it is spread over the window. */
function spreadOver(state: BudgetState, window: BudgetWindow, share: number, now: number): number {
  const tail = Math.min(Math.max(shortestTailMs, state.windowMs * tailPart), state.windowMs * longestTailPart)
  const passed = state.windowMs - (window.reset * 1000 - now)
  return Math.min(share, Math.ceil((share * (passed + state.windowMs * leadPart)) / (state.windowMs - tail)))
}

/** The most that the run sends in a window of this limit. */
export function shareOf(state: Pick<BudgetState, 'share' | 'caution'>, limit: number): number {
  return Math.max(1, Math.floor(state.share * state.caution * limit))
}

/**
 * When to ask {@link permits} again if nothing is answered before: the time in ms. While requests are in flight their
 * answers may change the budget earlier.
 */
export function changesAt(state: BudgetState, now: number): number {
  if (now < state.closedUntil) return state.closedUntil
  if (isProbing(state, now)) return state.probedAt === null ? now : state.probedAt + probePatienceMs
  if (state.window === null) return now + probePatienceMs
  // What may be spent grows while the window passes, and what is left to others shrinks.
  return Math.min(endOf(state.window), now + nextLookMs)
}

/** The state after a request has left, or is about to. */
export function sent(state: BudgetState, now: number): { state: BudgetState; permit: Permit } {
  const probe = isProbing(state, now)
  const window =
    state.window === null || probe ? state.window : { ...state.window, spent: state.window.spent + 1 }
  return {
    state: { ...state, window, inFlight: state.inFlight + 1, probedAt: probe ? now : state.probedAt },
    permit: { probe },
  }
}

/** The state after what became of a request is known. */
export function answered(state: BudgetState, permit: Permit, answer: BudgetAnswer, now: number): BudgetState {
  const after: BudgetState = {
    ...state,
    inFlight: Math.max(0, state.inFlight - 1),
    probedAt: permit.probe ? null : state.probedAt,
  }
  if (answer.kind === 'nothing_learned') return after
  if (answer.kind === 'unused') {
    const { window } = after
    if (window === null || permit.probe) return after
    return { ...after, window: { ...window, spent: Math.max(0, window.spent - 1) } }
  }
  const learned = usable(answer.rateLimit, now) ? learn(after, answer.rateLimit, now) : withoutHeaders(after)
  return answer.kind === 'rate_limited' ? close(learned, answer.rateLimit, now) : learned
}

function isProbing(state: BudgetState, now: number): boolean {
  if (state.window === null) return !state.headerless
  return now >= endOf(state.window)
}

function probeIsDue(state: BudgetState, now: number): boolean {
  return state.probedAt === null || now >= state.probedAt + probePatienceMs
}

/** The first moment at which the window is surely over: the second named by `reset` still belongs to it. */
function endOf(window: BudgetWindow): number {
  return (window.reset + 1) * 1000
}

function usable(rateLimit: RateLimit | null, now: number): rateLimit is RateLimit {
  return rateLimit !== null && rateLimit.limit > 0 && rateLimit.reset * 1000 <= now + longestWindowMs
}

function withoutHeaders(state: BudgetState): BudgetState {
  return state.window === null ? { ...state, headerless: true } : state
}

function learn(state: BudgetState, rateLimit: RateLimit, now: number): BudgetState {
  const { limit, reset } = rateLimit
  const remaining = Math.min(rateLimit.remaining, limit)
  const { window } = state
  if (window === null || (reset > window.reset && now >= window.reset * 1000)) {
    return openWindow(state, { limit, remaining, reset }, now)
  }
  if (reset < window.reset) return state
  // A later reset while the window can't be over yet is the same window under a corrected time.
  return { ...state, window: { ...window, limit, remaining: Math.min(window.remaining, remaining), reset } }
}

function openWindow(state: BudgetState, rateLimit: RateLimit, now: number): BudgetState {
  const windowMs = learnWindowLength(state, rateLimit, now)
  const opened = rateLimit.reset * 1000 - windowMs
  const earlier = state.earlierSends.filter((time) => time >= opened - 1000).length
  return {
    ...state,
    headerless: false,
    windowMs,
    caution: state.window?.emptiedByOthers === false ? Math.min(1, state.caution * 1.5) : state.caution,
    earlierSends: [],
    // The request just answered, all that is still in flight, and what an earlier sitting sent.
    window: { ...rateLimit, spent: 1 + state.inFlight + earlier, emptiedByOthers: false },
  }
}

/** A window seen from its opening shows its length; one met halfway is only known to be no shorter than what is left. */
function learnWindowLength(state: BudgetState, { reset }: RateLimit, now: number): number {
  const left = Math.max(1_000, reset * 1000 - now)
  return state.window === null ? Math.max(defaultWindowMs, left) : Math.ceil(left / 1000) * 1000
}

/** What others on the counter would use from now to the reset, if they go on at their rate so far. */
function othersUntilReset(state: BudgetState, window: BudgetWindow, now: number): number {
  const others = window.limit - window.remaining - window.spent
  if (others <= 0) return 0
  const left = Math.max(0, window.reset * 1000 - now)
  const passed = Math.max(state.windowMs - left, state.windowMs * shortestRatePart)
  return Math.ceil((others / passed) * left)
}

function close(state: BudgetState, rateLimit: RateLimit | null, now: number): BudgetState {
  const until = usable(rateLimit, now) ? (rateLimit.reset + 1) * 1000 : now + state.windowMs
  const closed = { ...state, closedUntil: Math.max(state.closedUntil, until, now + shortestClosureMs) }
  if (rateLimit === null || rateLimit.remaining === 0 || state.window === null) return closed
  // Cut once for a window, however many calls in flight are refused in it.
  if (state.window.emptiedByOthers) return closed
  return {
    ...closed,
    caution: Math.max(lowestCaution, state.caution / 2),
    window: { ...state.window, emptiedByOthers: true },
  }
}
