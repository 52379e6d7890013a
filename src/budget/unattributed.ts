import {
  type BudgetState,
  defaultWindowMs,
  longestOpen,
  mayCountFor,
  type Unattributed,
} from './budget-state.ts'

/** Requests within this fraction of the time for which they are remembered are one entry: there are never many. */
const togetherPart = 1 / 16

/** How long after the first request of an entry its last one may have been sent, in ms. */
export function togetherMs(state: Pick<BudgetState, 'windowMs'>): number {
  return mayCountFor(state) * togetherPart
}

/** How many of them were certainly sent after a moment. */
export function sentAfter(state: BudgetState, moment: number): number {
  const begun = ({ until }: Unattributed[number]): boolean => until - togetherMs(state) > moment
  return state.unattributed.filter(begun).reduce((sum, { count }) => sum + count, 0)
}

/** How many of the requests that no answer has attributed may be in the window that is open at a given moment. */
export function unattributedAt(state: BudgetState, moment: number): number {
  const memoryMs = mayCountFor(state)
  // A time in the far future shows that our clock has not been set by Okta's yet. An entry may be from before windows were
  // known to be short, and then it ends later than a window lasts.
  const latest = moment + Math.max(longestOpen(state), togetherMs({ windowMs: defaultWindowMs }))
  const mayCount = (until: number): boolean => moment - until <= memoryMs && until <= latest
  const earlier = state.earlierUnanswered?.filter(mayCount).length ?? 0
  return state.unattributed.reduce((sum, { until, count }) => (mayCount(until) ? sum + count : sum), earlier)
}

/** The moments from which fewer of them may count, in no order. */
export function unattributedLeaveAt(state: BudgetState): readonly number[] {
  const untils = [...state.unattributed.map(({ until }) => until), ...(state.earlierUnanswered ?? [])]
  return untils.map((until) => until + mayCountFor(state) + 1)
}

/** Calls of earlier executions that may still arrive in the next window, as long as a window lasts after they left. */
export function mayStillArrive(state: BudgetState, now: number): readonly number[] | undefined {
  return state.earlierUnanswered?.filter((leftBy) => now - leftBy <= longestOpen(state))
}

/** The requests that were sent last. */
export function latest(unattributed: Unattributed, count: number): Unattributed {
  let left = count
  const kept = unattributed.toReversed().flatMap((entry) => {
    const taken = Math.min(entry.count, left)
    left -= taken
    return taken > 0 ? [{ ...entry, count: taken }] : []
  })
  return kept.reverse()
}
