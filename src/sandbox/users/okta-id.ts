import { createHash } from 'node:crypto'

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * An identifier as Okta makes them: 20 characters, the prefix first (`00u` for a user), then [A-Za-z0-9].
 * Letters are case-sensitive. `random` gives numbers from 0 up to 1, like `Math.random`.
 */
export function oktaId(prefix: string, random: () => number): string {
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

/** An {@link oktaId} that follows from a text; in practice no other text gives the same id. */
export function oktaIdFor(prefix: string, text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let next = 0
  return oktaId(prefix, () => {
    next += 1
    return digest.readUInt8(next) / 256
  })
}
