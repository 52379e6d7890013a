import { hashesOf } from './key/text-hashes.ts'

/**
 * A sample of user keys that is small whatever their number, and by which two inputs can be compared: the keys with the
 * smallest hashes. A user who is in both inputs is in both samples if the hash is small enough for both.
 */
export interface UserSample {
  /** Hashes of keys, ascending, at most {@link sampleSize}. */
  readonly hashes: readonly number[]
  /** Whether the sample holds every key. */
  readonly whole: boolean
  /** What is done with the user of each hash, in the same order: see {@link addToActions}. Absent in older runs. */
  readonly actions?: readonly number[] | undefined
}

/** A user whom a sample may take in. */
export interface SampledUser {
  /** The key as Okta compares it. */
  readonly key: string
  /** What is done with the user: see {@link addToActions}. */
  readonly actions: number
}

/** The number of a user with whom nothing is done. */
export const noActions = 0

/** A number below 2^16 that tells apart which actions are done with a user, in their order. */
export function addToActions(before: number, actions: readonly string[]): number {
  const [hash] = hashesOf(`${before} ${actions.join(' ')}`)
  return hash >>> 16
}

/** An estimate from this many keys is right within a few percent. */
export const sampleSize = 256

/** Samples users. Each of them must come only once. */
export function sampleUsers(users: Iterable<SampledUser>): UserSample {
  let kept = new Map<number, number>()
  let bound = Number.POSITIVE_INFINITY
  let whole = true
  for (const { key, actions } of users) {
    const hash = hashOf(key)
    if (hash > bound) continue
    kept.set(hash, actions)
    if (kept.size < sampleSize * 2) continue
    kept = smallest(kept)
    whole = false
    bound = [...kept.keys()].at(-1) ?? bound
  }
  const sampled = smallest(kept)
  return {
    hashes: [...sampled.keys()],
    whole: whole && sampled.size === kept.size,
    actions: [...sampled.values()],
  }
}

/** The smallest hashes, ascending. */
function smallest(kept: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...kept].sort(([one], [other]) => one - other).slice(0, sampleSize))
}

/**
 * How many users of one input the samples can compare with another input, and how many of these are in both. For a
 * large input, the users who can be compared are a random choice.
 */
function compareUsers(
  of: UserSample,
  within: UserSample,
): { readonly comparable: number; readonly shared: number } {
  const comparable = comparableHashes(of, within)
  const others = new Set(within.hashes)
  return { comparable: comparable.length, shared: comparable.filter((hash) => others.has(hash)).length }
}

/** The hashes of a sample that would also be in the other sample if their users were in its input. */
export function comparableHashes(of: UserSample, within: UserSample): readonly number[] {
  const bound = Math.min(reach(of), reach(within))
  return of.hashes.filter((hash) => hash <= bound)
}

/** What is done with each user of a sample, by hash; null if that is not known. */
export function actionsByUser({ hashes, actions }: UserSample): ReadonlyMap<number, number | null> {
  return new Map(hashes.map((hash, at) => [hash, actions?.[at] ?? null]))
}

/**
 * The fraction of one input's users who are also in another input, from 0 to 1; null if too few users can be compared
 * to tell.
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
