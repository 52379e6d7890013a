import type { RateLimit } from '../okta/rate-limit.ts'
import {
  type BudgetState,
  type BudgetWindow,
  endOf,
  isProbing,
  isUnknown,
  mayCountFor,
  type Permit,
  type Unattributed,
} from './budget-state.ts'
import { openWindow } from './open-window.ts'
import { togetherMs } from './unattributed.ts'

/** The outcome of a request, for its permit. */
export type BudgetAnswer =
  | { readonly kind: 'answered'; readonly rateLimit: RateLimit | null }
  /** A 429, unless the concurrency limit caused it. */
  | {
      readonly kind: 'rate_limited'
      readonly rateLimit: RateLimit | null
      readonly retryAfterMs?: number | null
    }
  /** No answer within the time limit. The request stays spent, and may arrive as late as the next window. */
  | { readonly kind: 'lost' }
  /** An answer that says nothing about this bucket. The request stays spent. */
  | { readonly kind: 'nothing_learned' }
  /** Nothing was sent, so the permit was not used. */
  | { readonly kind: 'unused' }

/** A refusal closes the bucket for at least this long. It prevents a busy loop, whatever the headers say. */
const shortestClosureMs = 1_000
const lowestCaution = 1 / 16
/** Okta's time is never known as later than it is, and as earlier by at most this. */
const clockLagMs = 1_000
/** A probe that seems later than this after a window's end was timed by a wrong clock: no counter lags by so much. */
const longestLagMs = 15_000
/** Okta never names a reset further ahead than this. */
const longestWindowMs = 3_600_000

/** The state after a request has left or is about to leave. */
export function sent(state: BudgetState, now: number): { state: BudgetState; permit: Permit } {
  const inFlight = state.inFlight + 1
  const { window } = state
  const unattributed = window === null || isProbing(state, now) ? oneMore(state, now) : state.unattributed
  if (isProbing(state, now)) {
    const probesInFlight = state.probesInFlight + 1
    return {
      state: { ...state, inFlight, unattributed, probedAt: now, probesInFlight },
      permit: { probe: true, grantedAt: now },
    }
  }
  const counted = window === null ? null : { ...window, spent: window.spent + 1 }
  return {
    state: { ...state, window: counted, inFlight, unattributed },
    permit: { probe: false, grantedAt: now },
  }
}

function oneMore(state: BudgetState, now: number): Unattributed {
  const memoryMs = mayCountFor(state)
  const kept = state.unattributed.filter(({ until }) => now - until <= memoryMs)
  const last = kept.at(-1)
  if (last !== undefined && now <= last.until)
    return [...kept.slice(0, -1), { ...last, count: last.count + 1 }]
  return [...kept, { until: now + togetherMs(state), count: 1 }]
}

/** Takes out the request of a permit. It is not there any more if it was sent so long ago that it is forgotten. */
function without(state: BudgetState, { grantedAt }: Permit): BudgetState {
  const { unattributed } = state
  const at =
    grantedAt === undefined
      ? unattributed.length - 1
      : unattributed.findIndex(({ until }) => grantedAt <= until && grantedAt >= until - togetherMs(state))
  const entry = unattributed[at]
  if (entry === undefined) return state
  const { count } = entry
  const after =
    count === 1 ? unattributed.toSpliced(at, 1) : unattributed.with(at, { ...entry, count: count - 1 })
  return { ...state, unattributed: after }
}

/** The state after the outcome of a request is known. */
export function answered(state: BudgetState, permit: Permit, answer: BudgetAnswer, now: number): BudgetState {
  const after = landed(state, permit)
  switch (answer.kind) {
    case 'unused':
      return takenBack(after, permit)
    case 'lost':
      return stillAsking(state, lost(after, permit, now))
    case 'nothing_learned':
      return stillAsking(state, unseen(after, permit, now))
    case 'answered':
    case 'rate_limited': {
      const learned = usable(answer.rateLimit, now)
        ? learn(after, permit, answer.rateLimit, now)
        : withoutHeaders(unseen(after, permit, now))
      return answer.kind === 'rate_limited' ? close(learned, answer, now) : learned
    }
  }
}

/**
 * While no limit is known, no share bounds the probes. One that has shown nothing keeps the next one waiting as if it were
 * still under way.
 */
function stillAsking(before: BudgetState, after: BudgetState): BudgetState {
  return isUnknown(before) ? { ...after, probedAt: before.probedAt } : after
}

function landed(state: BudgetState, permit: Permit): BudgetState {
  const inFlight = Math.max(0, state.inFlight - 1)
  if (!permit.probe) return { ...state, inFlight }
  const probesInFlight = Math.max(0, state.probesInFlight - 1)
  // After an older one, such as that of a dead holder, the last one is still waited for: it may not even have left.
  const isLast = probesInFlight === 0 || permit.grantedAt === state.probedAt
  return { ...state, inFlight, probedAt: isLast ? null : state.probedAt, probesInFlight }
}

/**
 * The state after a request whose answer shows no window. The request may count in the open window; or it was sent in
 * the old window and may have arrived in the next one.
 */
function unseen(state: BudgetState, permit: Permit, now: number): BudgetState {
  const { window } = state
  if (permit.probe || window === null) return state
  if (isProbing(state, now)) return { ...state, unattributed: oneMore(state, now) }
  const counted = inOpenWindow(state, window)
  // Okta's time is known as up to a second earlier than it is: the window may be over already.
  return now < window.reset * 1000 - clockLagMs ? counted : { ...counted, unattributed: oneMore(state, now) }
}

function inOpenWindow(state: BudgetState, window: BudgetWindow): BudgetState {
  return { ...state, window: { ...window, remaining: Math.max(0, window.remaining - 1) } }
}

/** A request without an answer counts in the open window, but may still arrive in the next one. */
function lost(state: BudgetState, permit: Permit, now: number): BudgetState {
  const { window } = state
  // While no window is known to be open, what was sent is not attributed to one yet. Once one is open, all was, but for
  // the probes under way.
  if (window !== null && !isProbing(state, now))
    return permit.probe ? state : { ...inOpenWindow(state, window), unattributed: oneMore(state, now) }
  const remembered = state.lostUnseen.filter((sentAt) => now - sentAt <= mayCountFor(state))
  return { ...unseen(state, permit, now), lostUnseen: [...remembered, permit.grantedAt ?? now] }
}

function takenBack(state: BudgetState, permit: Permit): BudgetState {
  const { window } = state
  if (permit.probe || window === null) {
    return without(state, permit)
  }
  return { ...state, window: { ...window, spent: Math.max(0, window.spent - 1) } }
}

function usable(rateLimit: RateLimit | null, now: number): rateLimit is RateLimit {
  return rateLimit !== null && rateLimit.limit > 0 && rateLimit.reset * 1000 <= now + longestWindowMs
}

/** A limit that earlier executions saw still holds: one answer without headers does not show that it is gone. */
function withoutHeaders(state: BudgetState): BudgetState {
  return state.window === null && state.earlierLimit === null ? { ...state, headerless: true } : state
}

function learn(state: BudgetState, permit: Permit, rateLimit: RateLimit, now: number): BudgetState {
  const { limit, reset } = rateLimit
  const remaining = Math.min(rateLimit.remaining, limit)
  const { window } = state
  if (window === null || (reset > window.reset && now >= window.reset * 1000)) {
    return openWindow(state, permit, { limit, remaining, reset }, now)
  }
  const known = permit.probe ? without(state, permit) : state
  if (reset < window.reset) return known
  const lateMs = Math.min(permit.grantedAt ?? now, now) - endOf({ reset: window.reset })
  // Before Okta's clock was known, this machine's was gone by, and that may have been far ahead.
  const isLate = permit.probe && lateMs >= 0 && lateMs < longestLagMs
  if (isLate && reset === window.reset) return stillOpen(known, window, lateMs, remaining)
  // A later reset, while the window can't be over yet, is the same window with a corrected time.
  if (remaining >= window.remaining) return { ...known, window: { ...window, limit, reset } }
  // The counter may not have seen all of our requests yet, so others have used at least this much.
  const others = Math.max(window.others, limit - remaining - window.spent)
  return { ...known, window: { ...window, limit, remaining, reset, others, seenAt: now } }
}

/**
 * The window that was over by Okta's clock is still open by the one of its counter, and has counted this probe. The next
 * one waits, the longer the later this one was, because nothing shows by how much the counter lags. The windows after it
 * are taken to last as much longer.
 */
function stillOpen(state: BudgetState, window: BudgetWindow, late: number, remaining: number): BudgetState {
  const lateMs = Math.max(window.lateMs ?? 0, late + Math.max(shortestClosureMs, late))
  const left = Math.min(window.remaining, remaining)
  return {
    ...state,
    closedUntil: Math.max(state.closedUntil, endOf({ reset: window.reset }) + lateMs),
    window: { ...window, spent: window.spent + 1, remaining: left, lateMs },
  }
}

function close(
  state: BudgetState,
  { rateLimit, retryAfterMs }: Extract<BudgetAnswer, { kind: 'rate_limited' }>,
  now: number,
): BudgetState {
  // Without Okta's headers, something between us and Okta limits us, and its Retry-After says for how long.
  const until = usable(rateLimit, now) ? (rateLimit.reset + 1) * 1000 : now + (retryAfterMs ?? state.windowMs)
  const closed = { ...state, closedUntil: Math.max(state.closedUntil, until, now + shortestClosureMs) }
  if (rateLimit === null || rateLimit.remaining === 0 || state.window === null) return closed
  // The caution is cut only once in a window, however many calls in flight are refused in it.
  if (state.window.emptiedByOthers) return closed
  return {
    ...closed,
    caution: Math.max(lowestCaution, state.caution / 2),
    window: { ...state.window, emptiedByOthers: true },
  }
}
