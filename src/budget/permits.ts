import {
  arrivesWithinMs,
  type BudgetState,
  type BudgetWindow,
  endOf,
  isProbing,
  isUnknown,
  longestOpen,
  shareOf,
} from './budget-state.ts'
import { lastLimit, usedWithinMs } from './ledger.ts'
import { othersUntilEnd } from './others.ts'
import { unattributedAt, unattributedLeaveAt } from './unattributed.ts'

/** How soon to look again at an open window that allows nothing now. */
const nextLookMs = 100
/** How many requests may be in flight while no limit is known, besides those whose answers are overdue. */
const headerlessInFlight = 2
/** After this time without an answer another probe may go: one lost answer must not stop the run. */
const probePatienceMs = 3_000
/**
 * The same while no limit is known and one is under way that may not have left yet. A permit is not sent at once, above all
 * while its intent can't be written: counted from when it was granted, a shorter patience grants one probe after another,
 * and they all leave together later. After this time the first one has gone back, or its answer is overdue. Once everything
 * in flight is known to have left and to be overdue, nothing can leave together with the next probe, and the shorter
 * patience is enough.
 */
const firstProbePatienceMs = usedWithinMs + probePatienceMs
/** Where answers have no `Date`, executions know Okta's time to a minute, and a little more: their times differ by less. */
const clocksDifferMs = 90_000
/**
 * While the run leaves all remaining calls to others, it checks after this fraction of a window whether they still need
 * them. Each check takes one of their calls.
 */
const lookAgainPart = 1 / 6
/** So many such checks fit into a window. */
export const looksInWindow = Math.ceil(1 / lookAgainPart) - 1
/** A share that is spread over a window is used up some time before its end, so that slow answers cost none of it. */
const tailPart = 0.1
const shortestTailMs = 2_000
const longestTailPart = 0.4
/**
 * A spread share runs ahead of the clock by this fraction of the window: a run begins with several calls, not with one.
 */
const leadPart = 0.05

/**
 * How many requests may be sent now.
 *
 * @param workLeft requests that the run still has to send in this bucket. If they fit into the rest of the share, they
 *   may go as fast as possible. If not, the run must wait for the next window anyway and loses nothing by spreading the
 *   share over this one. That shows what others use before the whole share is gone.
 * @param silent requests in flight that have left and whose answer is overdue: while no limit is known, they do not keep
 *   others from leaving
 */
export function permits(state: BudgetState, now: number, workLeft = 0, silent = 0): number {
  if (now < state.closedUntil) return 0
  if (isProbing(state, now)) return now >= probeDueAt(state, now, silent) ? 1 : 0
  const { window } = state
  if (window === null) return Math.max(0, headerlessInFlight - Math.max(0, state.inFlight - silent))
  const share = shareOf(state, window.limit)
  const ours =
    (workLeft > share - window.spent ? spreadOver(state, window, share, now) : share) - window.spent
  const left = window.remaining - state.inFlight
  const granted = Math.min(ours, left - othersUntilEnd(state, window))
  if (granted > 0) return granted
  // According to the last answer, others need all that is left. One request now and then keeps that view up to date.
  const outOfDate = state.inFlight === 0 && now >= window.seenAt + state.windowMs * lookAgainPart
  return outOfDate && Math.min(ours, left) > 0 ? 1 : 0
}

/** How much of the share may be sent by now if it is spread over the window. */
function spreadOver(state: BudgetState, window: BudgetWindow, share: number, now: number): number {
  const passed = state.windowMs - (window.reset * 1000 - now)
  return Math.min(
    share,
    Math.ceil((share * (passed + state.windowMs * leadPart)) / (state.windowMs - tailOf(state))),
  )
}

/** How long before the end of a window a share that is spread over it is used up, in ms. */
export function tailOf({ windowMs }: Pick<BudgetState, 'windowMs'>): number {
  return Math.min(Math.max(shortestTailMs, windowMs * tailPart), windowMs * longestTailPart)
}

/**
 * The time in ms at which to ask {@link permits} again if no answer comes before. Answers to requests in flight may
 * change the budget earlier.
 *
 * @param silent as for {@link permits}
 */
export function changesAt(state: BudgetState, now: number, silent = 0): number {
  if (now < state.closedUntil) return state.closedUntil
  if (isProbing(state, now)) return probeDueAt(state, now, silent)
  if (state.window === null) return now + probePatienceMs
  // As the window passes, the run may spend more, and what others still need shrinks.
  return Math.min(endOf(state.window), now + nextLookMs)
}

/** When the next probe may leave. */
function probeDueAt(state: BudgetState, now: number, silent: number): number {
  const due = state.probedAt === null ? now : state.probedAt + patienceMs(state, now, silent)
  return Math.max(due, roomForProbeAt(state, now))
}

/**
 * When the share has room for a probe, in epoch ms by Okta's clock: the requests that the unseen window may contain (in
 * flight, answered without headers, or sent by an earlier execution) must leave some. Now if no limit is known.
 */
export function roomForProbeAt(state: BudgetState, now: number): number {
  const limit = lastLimit(state)
  if (limit === null) return now
  const room = shareOf(state, limit) - (state.window === null ? 0 : state.inFlight - state.probesInFlight)
  return Math.max(roomAt(state, room, now), earlierLeaveAt(state, room - unattributedAt(state, now), now))
}

/** How long the last probe keeps the next one from leaving. */
function patienceMs(state: BudgetState, now: number, silent: number): number {
  if (!isUnknown(state)) return probePatienceMs
  if (silent < state.inFlight) return firstProbePatienceMs
  // One that is lost says little. After several, only this keeps the run from taking all that others may use.
  return state.inFlight === 0 && unattributedAt(state, now) <= 1 ? 0 : probePatienceMs
}

/** The time from which fewer than `room` requests that no answer has attributed can be in the open window. */
function roomAt(state: BudgetState, room: number, now: number): number {
  const moments = [now, ...unattributedLeaveAt(state).filter((moment) => moment >= now)].sort((a, b) => a - b)
  return moments.find((moment) => unattributedAt(state, moment) < room) ?? now + longestOpen(state)
}

/** The time from which fewer than `room` requests of earlier executions can still be in the open window. */
function earlierLeaveAt(state: BudgetState, room: number, now: number): number {
  // A time far in the future shows that our clock has not been set by Okta's yet, or that another one's had leapt then.
  const sent = state.earlierSends.findLastIndex((time) => time <= now + clocksDifferMs) + 1
  const last = room < 1 ? undefined : state.earlierSends[sent - room]
  return last === undefined ? now : last + arrivesWithinMs + longestOpen(state) + 1
}
