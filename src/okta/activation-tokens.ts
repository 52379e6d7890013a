import { lowerCased, pieceLength, secretPut } from './known-secrets.ts'
import { replaceSpans, type Span } from './plain-form.ts'

/**
 * How many of the latest tokens are known at least; at most, twice as many are. A run may bring hundreds of thousands:
 * they would take 0.6 kB each, for nothing, since what repeats a token does so soon after Okta gave it.
 */
const generationSize = 10_000

/** Of a longer token, only the beginning is known: Okta's have 20 characters. */
const longestToken = 200

/** A power of two, eight times as many as a generation of tokens of the usual length has pieces. */
const marks = 1 << 20

/**
 * The activation tokens that answers brought. Masks every piece of one that has at least 8 characters, in any text: as
 * {@link KnownSecrets} does, but a text is decoded from base64, rather than each token encoded, since there may be many
 * tokens and few texts.
 */
export class ActivationTokens {
  #latest: Generation | null = null
  #before: Generation | null = null

  remember(token: string): void {
    if (token.length < pieceLength) return
    if (this.#latest === null || this.#latest.tokens >= generationSize) {
      this.#before = this.#latest
      this.#latest = new Generation()
    }
    this.#latest.add(lowerCased(token.slice(0, longestToken)))
  }

  /** A text without the tokens and their pieces. */
  mask(text: string): string {
    if (this.#latest === null || text.length < pieceLength) return text
    return replaceSpans(text, secretPut, (plain) =>
      joined([...this.#literal(plain), ...this.#encoded(plain)]),
    )
  }

  *#literal(text: string): Generator<Span> {
    const lower = lowerCased(text)
    for (let at = 0; at + pieceLength <= lower.length; at++) {
      const mark = markOf(lower, at)
      if (this.#latest?.has(lower, at, mark) === true || this.#before?.has(lower, at, mark) === true)
        yield [at, at + pieceLength]
    }
  }

  /** What base64 stands for depends on how many characters come before it, so it is decoded in each of four ways. */
  *#encoded(text: string): Generator<Span> {
    for (const { 0: encoded, index } of text.matchAll(/[\w+/-]{11,}/g)) {
      for (let skipped = 0; skipped < 4; skipped++) {
        const bytes = Buffer.from(encoded.slice(skipped), 'base64').toString('latin1')
        const begin = index + skipped
        for (const [from, end] of this.#literal(bytes))
          yield [begin + Math.floor((from * 4) / 3), begin + Math.ceil((end * 4) / 3)]
      }
    }
  }
}

/** Some tokens that came after one another, as their pieces. */
class Generation {
  tokens = 0
  readonly #pieces = new Set<string>()
  /** Whether some piece has a mark: most places of a text have none, and need no look at the pieces. */
  readonly #marked = new Uint8Array(marks)

  add(token: string): void {
    this.tokens += 1
    for (let at = 0; at + pieceLength <= token.length; at++) {
      this.#pieces.add(token.slice(at, at + pieceLength))
      this.#marked[markOf(token, at)] = 1
    }
  }

  has(text: string, at: number, mark: number): boolean {
    return this.#marked[mark] === 1 && this.#pieces.has(text.slice(at, at + pieceLength))
  }
}

/** A number below `marks` that depends on four of the characters of a piece. */
function markOf(text: string, at: number): number {
  const some = (text.charCodeAt(at) * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 5)
  return (some * 31 + text.charCodeAt(at + 7)) & (marks - 1)
}

/** Spans in order, with those that overlap or touch as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = []
  for (const [from, end] of [...spans].sort(([a], [b]) => a - b)) {
    const last = all.at(-1)
    if (last === undefined || from > last[1]) all.push([from, end])
    else all[all.length - 1] = [last[0], Math.max(last[1], end)]
  }
  return all
}
