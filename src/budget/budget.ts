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
  readonly probesInFlight: number
  /**
   * Requests sent while no window was known to be open, and those of an old window whose answers were lost late: they
   * may have arrived in the window that is not seen yet.
   */
  readonly unattributed: Unattributed
  /** Requests per ms that others made on the counter in the windows before; null while nothing is known. */
  readonly othersRate: number | null
  /** Times of requests that an earlier sitting sent and that may still count in the window, not yet attributed. */
  readonly earlierSends: readonly number[]
  /** Length of a window in ms, learned; Okta's is 60 s. */
  readonly windowMs: number
}

/** A count over the last one to two windows: what is older can't be in the window that opens next. */
interface Unattributed {
  readonly count: number
  readonly countBefore: number
  readonly since: number
}

interface BudgetWindow {
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
const noneUnattributed: Unattributed = { count: 0, countBefore: 0, since: 0 }
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
/** How far others may stray from their rate, in roots of their number. */
const strayingOfOthers = 1.5
/** How soon others are looked at anew while the run leaves them all that is left. */
const lookAgainMs = 3_000
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
    probesInFlight: 0,
    unattributed: noneUnattributed,
    othersRate: null,
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
  const left = window.remaining - state.inFlight
  const granted = Math.min(ours, left - othersUntilReset(state, window))
  if (granted > 0) return granted
  // All that is left belongs to others, by what was seen of them. One request now and then keeps that up to date.
  const outOfDate = state.inFlight === 0 && now >= window.seenAt + lookAgainMs
  return outOfDate && Math.min(ours, left) > 0 ? 1 : 0
}

/** How much of the share may have been sent by now if it is spread over the window. */
function spreadOver(state: BudgetState, window: BudgetWindow, share: number, now: number): number {
  const tail = Math.min(Math.max(shortestTailMs, state.windowMs * tailPart), state.windowMs * longestTailPart)
  const passed = state.windowMs - (window.reset * 1000 - now)
  return Math.min(share, Math.ceil((share * (passed + state.windowMs * leadPart)) / (state.windowMs - tail)))
}

/** The most that the run sends in a window of this limit. */
export function shareOf(state: Pick<BudgetState, 'share' | 'caution'>, limit: number): number {
  // A hair more, since 0.29 × 100 is a little less than 29 for a computer.
  return Math.max(1, Math.floor(state.share * state.caution * limit + 1e-9))
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
  const inFlight = state.inFlight + 1
  const { window } = state
  const unattributed = window === null || isProbing(state, now) ? oneMore(state, now) : state.unattributed
  if (isProbing(state, now)) {
    const probesInFlight = state.probesInFlight + 1
    return {
      state: { ...state, inFlight, unattributed, probedAt: now, probesInFlight },
      permit: { probe: true },
    }
  }
  const counted = window === null ? null : { ...window, spent: window.spent + 1 }
  return { state: { ...state, window: counted, inFlight, unattributed }, permit: { probe: false } }
}

function oneMore({ unattributed, windowMs }: BudgetState, now: number): Unattributed {
  const { count, countBefore, since } = unattributed
  if (now - since <= windowMs) return { count: count + 1, countBefore, since }
  return { count: 1, countBefore: now - since <= 2 * windowMs ? count : 0, since: now }
}

/** The state after what became of a request is known. */
export function answered(state: BudgetState, permit: Permit, answer: BudgetAnswer, now: number): BudgetState {
  const after = landed(state, permit)
  switch (answer.kind) {
    case 'unused':
      return takenBack(after, permit)
    case 'nothing_learned':
      // Sent in the old window, it may have arrived in the next.
      return !permit.probe && isProbing(state, now)
        ? { ...after, unattributed: after.unattributed + 1 }
        : after
    case 'answered':
    case 'rate_limited': {
      const learned = usable(answer.rateLimit, now)
        ? learn(after, permit, answer.rateLimit, now)
        : withoutHeaders(after)
      return answer.kind === 'rate_limited' ? close(learned, answer.rateLimit, now) : learned
    }
  }
}

function landed(state: BudgetState, permit: Permit): BudgetState {
  const inFlight = Math.max(0, state.inFlight - 1)
  if (!permit.probe) return { ...state, inFlight }
  return { ...state, inFlight, probedAt: null, probesInFlight: Math.max(0, state.probesInFlight - 1) }
}

function takenBack(state: BudgetState, permit: Permit): BudgetState {
  const { window, unattributed } = state
  if (permit.probe || window === null) {
    return { ...state, unattributed: { ...unattributed, count: Math.max(0, unattributed.count - 1) } }
  }
  return { ...state, window: { ...window, spent: Math.max(0, window.spent - 1) } }
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

function learn(state: BudgetState, permit: Permit, rateLimit: RateLimit, now: number): BudgetState {
  const { limit, reset } = rateLimit
  const remaining = Math.min(rateLimit.remaining, limit)
  const { window } = state
  if (window === null || (reset > window.reset && now >= window.reset * 1000)) {
    return openWindow(state, permit, { limit, remaining, reset }, now)
  }
  if (reset < window.reset) return state
  // A later reset while the window can't be over yet is the same window under a corrected time.
  if (remaining >= window.remaining) return { ...state, window: { ...window, limit, reset } }
  // Of ours the counter may not have seen all yet, so this is the least that others have used.
  const others = Math.max(window.others, limit - remaining - window.spent)
  return { ...state, window: { ...window, limit, remaining, reset, others, seenAt: now } }
}

function openWindow(state: BudgetState, permit: Permit, rateLimit: RateLimit, now: number): BudgetState {
  const { limit, remaining, reset } = rateLimit
  const windowMs = learnWindowLength(state, rateLimit, now)
  const opened = reset * 1000 - windowMs
  const earlier = state.earlierSends.filter((time) => time >= opened - 1000).length
  const { count, countBefore } = state.unattributed
  // Those counted while no window was open hold the probes and, before the first window, all that is in flight.
  const counted = state.window === null ? 0 : state.inFlight - state.probesInFlight + (permit.probe ? 0 : 1)
  const spent = Math.max(1, count + countBefore + counted) + earlier
  const others = Math.max(0, limit - remaining - spent)
  return {
    ...state,
    headerless: false,
    windowMs,
    caution: state.window?.emptiedByOthers === false ? Math.min(1, state.caution * 1.5) : state.caution,
    othersRate: state.window === null ? null : rateOfOthers(state, state.window),
    earlierSends: [],
    unattributed: noneUnattributed,
    window: { limit, remaining, reset, spent, others, seenAt: now, emptiedByOthers: false },
  }
}

/**
 * How long windows are. A window opens after the one before has ended, and no later than it is seen, so its length lies
 * between what is left of it and the time since the last reset.
 */
function learnWindowLength(state: BudgetState, { reset }: RateLimit, now: number): number {
  const left = Math.max(1_000, Math.ceil((reset * 1000 - now) / 1000) * 1000)
  if (state.window === null) return Math.max(defaultWindowMs, left)
  const atMost = Math.max(1_000, (reset - state.window.reset - 1) * 1000)
  return Math.max(left, Math.min(state.windowMs, atMost))
}

/** Requests per ms of others: what this window has shown, steadied by what was known before. */
function rateOfOthers(state: BudgetState, window: BudgetWindow): number {
  const steadying = state.windowMs * shortestRatePart
  const passed = Math.max(0, state.windowMs - (window.reset * 1000 - window.seenAt))
  if (state.othersRate === null) return window.others / Math.max(passed, steadying)
  return (state.othersRate * steadying + window.others) / (steadying + passed)
}

/**
 * What others would use from when they were last seen to the end of the window, if they go on at their rate so far. They
 * don't come as evenly as a clock, hence the root: so much a number of chance arrivals strays.
 */
function othersUntilReset(state: BudgetState, window: BudgetWindow): number {
  const expected = rateOfOthers(state, window) * Math.max(0, endOf(window) - window.seenAt)
  return Math.ceil(expected + strayingOfOthers * Math.sqrt(expected))
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
