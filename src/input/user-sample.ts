import { hashesOf } from './key/text-hashes.ts'

/**
 * A sample of user keys that is small whatever their number, and by which two inputs can be compared: the keys with the
 * smallest hashes. Whoever is in both inputs is in both samples, if the hash is small enough for both.
 */
export interface UserSample {
  /** Hashes of keys, ascending, at most {@link sampleSize}. */
  readonly hashes: readonly number[]
  /** Whether the sample holds every key. */
  readonly whole: boolean
}

/** An estimate by as many keys is right within a few percent. */
export const sampleSize = 256

/** Samples keys that are already written as Okta compares them. */
export function sampleUsers(keys: Iterable<string>): UserSample {
  let kept: number[] = []
  let bound = Number.POSITIVE_INFINITY
  let whole = true
  for (const key of keys) {
    const hash = hashOf(key)
    if (hash > bound) continue
    kept.push(hash)
    if (kept.length < sampleSize * 2) continue
    kept = smallest(kept)
    whole = false
    bound = kept.at(-1) ?? bound
  }
  const hashes = smallest(kept)
  return { hashes, whole: whole && hashes.length === new Set(kept).size }
}

function smallest(hashes: readonly number[]): number[] {
  return [...new Set(hashes)].sort((a, b) => a - b).slice(0, sampleSize)
}

/**
 * How many of the users of one input the samples can compare with another one, and how many of these are in both. Of a
 * large input they are a random choice of its users.
 */
export function compareUsers(
  of: UserSample,
  within: UserSample,
): { readonly comparable: number; readonly shared: number } {
  const bound = Math.min(reach(of), reach(within))
  const comparable = of.hashes.filter((hash) => hash <= bound)
  const others = new Set(within.hashes)
  return { comparable: comparable.length, shared: comparable.filter((hash) => others.has(hash)).length }
}

/**
 * The part of the users of one input who are in another one, from 0 to 1; null if the samples have too few keys in
 * common range to tell.
 *
 * @param fewest how many users must be comparable
 */
export function sharedPart(of: UserSample, within: UserSample, fewest: number): number | null {
  const { comparable, shared } = compareUsers(of, within)
  return comparable < fewest ? null : shared / comparable
}

/** Up to which hash the sample is complete. */
function reach({ hashes, whole }: UserSample): number {
  return whole ? Number.POSITIVE_INFINITY : (hashes.at(-1) ?? Number.NEGATIVE_INFINITY)
}

/** A number below 2^48, the same on every machine. */
function hashOf(key: string): number {
  const [one, two] = hashesOf(key)
  return (one >>> 8) * 2 ** 24 + (two >>> 8)
}
