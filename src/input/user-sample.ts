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
 * The part of the users of one input who are in another one, from 0 to 1; null if the samples have too few keys in
 * common range to tell.
 *
 * @param fewest how many users must be comparable
 */
export function sharedPart(of: UserSample, within: UserSample, fewest: number): number | null {
  const bound = Math.min(reach(of), reach(within))
  const comparable = of.hashes.filter((hash) => hash <= bound)
  if (comparable.length < fewest) return null
  const others = new Set(within.hashes)
  return comparable.filter((hash) => others.has(hash)).length / comparable.length
}

/** Up to which hash the sample is complete. */
function reach({ hashes, whole }: UserSample): number {
  return whole ? Number.POSITIVE_INFINITY : (hashes.at(-1) ?? Number.NEGATIVE_INFINITY)
}

/** Two FNV-1a hashes of 24 bits each, mixed: a number below 2^48, the same on every machine. */
function hashOf(key: string): number {
  let one = 0x811c9dc5
  let two = 0x01000193
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x5bd1e995) ^ (two >>> 13)
  }
  return (mixed(one) >>> 8) * 2 ** 24 + (mixed(two) >>> 8)
}

function mixed(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
