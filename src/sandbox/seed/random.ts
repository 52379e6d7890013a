import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'

/** A source of numbers from 0 up to 1, like `Math.random`. */
export type Random = () => number

/** A repeatable source: the same seed gives the same numbers in the same order. */
export function seededRandom(seed: number): Random {
  // The Mersenne Twister, because it mixes its seed: the seeds here are 0, 1, 2, and the first numbers of pure-rand's
  // other generators would differ as little as those.
  const generator = mersenne(seed)
  return () => uniformFloat64(generator)
}

/** One member of a list that has at least one. */
export function pick<T>(list: readonly [T, ...T[]], random: Random): T {
  return list[Math.floor(random() * list.length)] ?? list[0]
}
