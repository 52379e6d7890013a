/** The span of time in which a call was about to leave, in epoch ms by Okta's clock. */
export interface LeavingTime {
  /** Never later than the moment when the call left. */
  readonly oktaTime: number
  /** Never earlier than the moment when its intent was written. */
  readonly oktaTimeAtMost: number
}

/** How many of a user's enrolled factors were created before, around and after a call. */
export interface FactorAges {
  /** Certainly created before the call. */
  readonly before: number
  /** Created so close to the call that nothing shows which came first, or without a time from Okta. */
  readonly around: number
  /** Certainly created after the call was about to leave. */
  readonly after: number
}

/**
 * Sorts a user's factors by when they were created. Okta shows whole seconds, rounded down: a factor of the second in
 * which the call left may have been created before it or after it.
 *
 * @param factorTimes epoch ms; NaN for a factor without a time
 */
export function factorAges(
  { oktaTime, oktaTimeAtMost }: LeavingTime,
  factorTimes: readonly number[],
): FactorAges {
  const before = factorTimes.filter((time) => time < Math.floor(oktaTime / 1000) * 1000).length
  const after = factorTimes.filter((time) => time > oktaTimeAtMost).length
  return { before, around: factorTimes.length - before - after, after }
}
