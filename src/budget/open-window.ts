import type { RateLimit } from '../okta/rate-limit.ts'
import { arrivesWithinMs, type BudgetState, defaultWindowMs, endOf, type Permit } from './budget-state.ts'
import { rateOfOthers } from './others.ts'
import { latest, mayStillArrive, sentAfter, unattributedAt } from './unattributed.ts'

/**
 * The state after an answer has shown a new window: which of our requests it may contain, its length, and others' rate.
 */
export function openWindow(
  state: BudgetState,
  permit: Permit,
  rateLimit: RateLimit,
  now: number,
): BudgetState {
  const { limit, remaining, reset } = rateLimit
  const windowMs = learnWindowLength(state, rateLimit, now)
  const opened = reset * 1000 - windowMs
  const earlier = state.earlierSends.filter((time) => time >= opened - arrivesWithinMs).length
  const unattributed = unattributedAt(state, now)
  const stillUnanswered = mayStillArrive(state, now)
  const late = state.window?.lateMs === undefined ? {} : { lateMs: state.window.lateMs }
  const end = endOf({ reset, ...late })
  // The unattributed requests include the probes and, before the first window, everything in flight.
  const counted = state.window === null ? 0 : state.inFlight - state.probesInFlight + (permit.probe ? 0 : 1)
  const ours = Math.max(1, unattributed + counted) + earlier
  const spent = state.earlierUnknown && state.window === null ? Math.max(ours, limit - remaining) : ours
  const others = Math.max(0, limit - remaining - spent)
  // The counter does not tell our requests from others', so one of ours that was lost may not have arrived yet. Times are
  // never later than Okta's own, and earlier by up to a second.
  const lostInside = state.lostUnseen.filter((sentAt) => sentAt > opened - 1_000 && sentAt <= end).length
  const isNew = state.window === null && others === 0 && earlier === 0
  const likelyMs = isNew ? Math.min(windowMs, leftOf(rateLimit, now)) : windowMs
  return {
    ...state,
    headerless: false,
    lostUnseen: [],
    windowMs,
    caution: state.window?.emptiedByOthers === false ? Math.min(1, state.caution * 1.5) : state.caution,
    othersRate: state.window === null ? null : rateOfOthers(state, state.window),
    earlierSends: [],
    // A probe that is still under way may arrive in the next window: this one may be over already. So may what was lost in
    // this one. And what was sent after its end is in none that an answer told so late has shown.
    unattributed: latest(
      state.unattributed,
      Math.max(state.probesInFlight, sentAfter(state, end)) + lostInside,
    ),
    ...(stillUnanswered === undefined ? {} : { earlierUnanswered: stillUnanswered }),
    window: {
      limit,
      remaining,
      reset,
      spent,
      others,
      seenAt: now,
      likelyMs,
      emptiedByOthers: false,
      ...late,
    },
  }
}

/**
 * The length of windows. A window opens after the one before has ended, and no later than it is first seen. So its
 * length is at least what is left of it and at most the time from the last reset to its own.
 */
function learnWindowLength(state: BudgetState, rateLimit: RateLimit, now: number): number {
  const left = leftOf(rateLimit, now)
  const { reset } = rateLimit
  if (state.window === null) return Math.max(defaultWindowMs, left)
  const atMost = Math.max(1_000, (reset - state.window.reset - 1) * 1000)
  return Math.max(left, Math.min(state.windowMs, atMost))
}

/** What is left of a window, in ms, in whole seconds as Okta counts. */
function leftOf({ reset }: RateLimit, now: number): number {
  return Math.max(1_000, Math.ceil((reset * 1000 - now) / 1000) * 1000)
}
