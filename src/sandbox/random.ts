import { createHash } from 'node:crypto'

/** A source of numbers from 0 up to 1, like `Math.random`. */
export type Random = () => number

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A repeatable source: the same seed gives the same numbers in the same order (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A 32-bit number that stands for a text (FNV-1a over its UTF-16 units), fit to seed {@link seededRandom}. */
export function seedFromText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}

/**
 * An identifier as Okta makes them: 20 characters, the prefix first (`00u` for a user), then [A-Za-z0-9].
 * Letters are case-sensitive.
 */
export function oktaId(prefix: string, random: Random): string {
  // Written at once: a text that grows by one letter at a time costs many times its length in memory.
  const codes: number[] = []
  for (let index = 0; index < 20; index += 1) {
    codes.push(
      index < prefix.length
        ? prefix.charCodeAt(index)
        : alphanumeric.charCodeAt(Math.floor(random() * alphanumeric.length)),
    )
  }
  return String.fromCharCode(...codes)
}

/** An {@link oktaId} that follows from a text, and from no other text that anyone will meet. */
export function oktaIdFor(prefix: string, text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let next = 0
  return oktaId(prefix, () => {
    next += 1
    return digest.readUInt8(next) / 256
  })
}

/** One member of a list that has at least one. */
export function pick<T>(list: readonly [T, ...T[]], random: Random): T {
  return list[Math.floor(random() * list.length)] ?? list[0]
}
