/**
 * How often the sends of one task, or the reads of one user, may fail for passing reasons before the program gives up.
 */
export const maxSetbacks = 10

/**
 * How long to wait after the n-th failure in a row: 0.25 s, doubling up to 8 s, times a random factor from 0.5 to 1.5,
 * so that calls that failed together don't come back together.
 *
 * @param failures from 1
 * @param random from 0 up to, not including, 1
 */
export function backoffMs(failures: number, random: number): number {
  return Math.min(8_000, 250 * 2 ** (failures - 1)) * (0.5 + random)
}

/**
 * How long to wait after Okta's concurrency limit. It passes when any other call ends, whatever the reset header says.
 */
export function concurrencyWaitMs(random: number): number {
  return 100 + 300 * random
}

/** How long to wait before looking at a user in transition again. */
export function transitionWaitMs(looks: number): number {
  return Math.min(5_000, 500 * 2 ** (looks - 1))
}

/** How long to wait in all for a user in transition. */
export const transitionPatienceMs = 60_000
