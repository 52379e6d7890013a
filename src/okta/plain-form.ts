/** A stretch of a text: from a place up to, but without, another one. */
export type Span = readonly [from: number, end: number]

/** Finds what must not be shown in a text without escapes. The spans are in order, and none overlaps another. */
export type FindSpans = (plain: string) => Iterable<Span>

/** What makes a text more than it looks like: escapes, and characters that are not shown. */
const special = /[%\\&\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\s]/u
const invisible = /^(?:[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\s])*$/u

/**
 * A text with something else in the place of what is found in it, also of what is found only without its escapes and
 * without characters that are not shown. An escape is replaced whole, so that JSON stays JSON.
 */
export function replaceSpans(text: string, put: string, find: FindSpans): string {
  // Only a word with such a character can hold more than it shows. White space that is invisible is a part of it.
  const replaced = special.test(text)
    ? text.replaceAll(/[^ \t\r\n"<>]+/g, (word) => (special.test(word) ? inEscaped(word, put, find) : word))
    : text
  return inPlain(replaced, put, find)
}

/** A text without its escapes, of however many levels, and without characters that are not shown. */
export function withoutEscapes(text: string): string {
  return levelsOf(text).at(-1)?.plain ?? text
}

function inPlain(text: string, put: string, find: FindSpans): string {
  let replaced = ''
  let done = 0
  for (const [from, end] of find(text)) {
    replaced += text.slice(done, from) + put
    done = end
  }
  return done === 0 ? text : replaced + text.slice(done)
}

function inEscaped(text: string, put: string, find: FindSpans): string {
  const levels = levelsOf(text)
  let replaced = ''
  let done = 0
  for (const [from, end] of find(levels.at(-1)?.plain ?? text)) {
    const first = levels.reduceRight((at, level) => level.startOf(at), from)
    replaced += text.slice(done, Math.max(done, first)) + put
    done = levels.reduceRight((at, level) => level.endOf(at), end)
  }
  return done === 0 ? text : replaced + text.slice(done)
}

/** How many kinds of escape may be nested: HTML in JSON in a URL. Of one kind, any number of levels counts as one. */
const mostLevels = 4

function levelsOf(text: string): readonly Level[] {
  const levels: Level[] = []
  let plain = text
  while (levels.length < mostLevels && special.test(plain)) {
    const level = new Level(plain)
    if (level.plain === plain) break
    levels.push(level)
    plain = level.plain
  }
  return levels
}

/**
 * One escape, or what is not shown. An escape of JSON takes its backslashes with it, and a percent sign the bytes of the
 * same character. Nothing in it can match a text in two ways, so that a match takes no longer than its text is long.
 */
const unit = new RegExp(
  [
    String.raw`\\+(?:u(?<json>[0-9a-f]{4})|x(?<byte>[0-9a-f]{2})|(?<other>[^\\])|$)`,
    '%(?:25)*(?:u(?<unit>[0-9a-f]{4})|(?<bytes>[c-f][0-9a-f](?:%(?:25)*[89ab][0-9a-f]){1,3}|[0-9a-f]{2}))',
    String.raw`&(?:amp;)*(?:#0*(?<decimal>\d{1,7});?|#x0*(?<hex>[0-9a-f]{1,6});?|(?<name>[a-z]{2,24});)`,
    String.raw`[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]+|[^\P{Cc}\s]+`,
  ].join('|'),
  'giu',
)

/** Names of HTML for what is not shown, and for what must be written as an escape there. Source: the HTML standard. */
const named: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", sol: '/', bsol: '\\', plus: '+' }),
  ...Object.entries({ equals: '=', colon: ':', commat: '@', percnt: '%', num: '#', period: '.', excl: '!' }),
  ...['shy', 'zwj', 'zwnj', 'lrm', 'rlm', 'nobreak', 'zerowidthspace', 'negativeverythinspace'].map(hidden),
  ...['negativethinspace', 'negativemediumspace', 'negativethickspace'].map(hidden),
  ...['af', 'applyfunction', 'ic', 'invisiblecomma', 'it', 'invisibletimes'].map(hidden),
])

function hidden(name: string): readonly [string, string] {
  return [name, '']
}

/** A text with one level of escapes taken away. It knows where each character was. */
class Level {
  readonly plain: string
  /** Stretches: where they begin in the plain text, and where they begin and end in the text. */
  readonly #plainAt: number[] = []
  readonly #textAt: number[] = []
  readonly #textEnd: number[] = []

  constructor(text: string) {
    let plain = ''
    let done = 0
    const add = (shown: string, from: number, end: number): void => {
      if (shown === '') return
      this.#plainAt.push(plain.length)
      this.#textAt.push(from)
      this.#textEnd.push(end)
      plain += shown
    }
    for (const match of text.matchAll(unit)) {
      const { 0: whole, index, groups = {} } = match
      const shown = shownOf(groups)
      if (shown === null) continue
      const end = index + whole.length
      add(text.slice(done, index), done, index)
      add(invisible.test(shown) ? '' : shown, index, end)
      done = end
    }
    add(text.slice(done), done, text.length)
    this.plain = plain
  }

  /** Where the character of the plain text begins in the text. */
  startOf(at: number): number {
    const stretch = this.#stretchAt(at)
    const from = this.#textAt[stretch] ?? 0
    return this.#isAsWritten(stretch) ? from + at - (this.#plainAt[stretch] ?? 0) : from
  }

  /** Where the last character before a place in the plain text ends in the text. */
  endOf(end: number): number {
    const stretch = this.#stretchAt(end - 1)
    if (!this.#isAsWritten(stretch)) return this.#textEnd[stretch] ?? 0
    return (this.#textAt[stretch] ?? 0) + end - (this.#plainAt[stretch] ?? 0)
  }

  #stretchAt(at: number): number {
    let low = 0
    let high = this.#plainAt.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#plainAt[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Whether a stretch has no escape: then it is as long as in the text, and an escape is always longer. */
  #isAsWritten(stretch: number): boolean {
    const long = (this.#plainAt[stretch + 1] ?? this.plain.length) - (this.#plainAt[stretch] ?? 0)
    return (this.#textEnd[stretch] ?? 0) - (this.#textAt[stretch] ?? 0) === long
  }
}

/** What an escape stands for: nothing for what is not shown; null if it is no escape. */
function shownOf(groups: Readonly<Record<string, string | undefined>>): string | null {
  const { json, byte, other, unit: code, bytes, decimal, hex, name } = groups
  const number = json ?? byte ?? code ?? hex
  if (number !== undefined) return characterOf(Number.parseInt(number, 16))
  if (decimal !== undefined) return characterOf(Number(decimal))
  if (bytes !== undefined) return ofBytes(bytes)
  if (name !== undefined) return named.get(name.toLowerCase()) ?? null
  // In JSON, `\b` is a backspace.
  return other === undefined || other === 'b' ? '' : other
}

function characterOf(code: number): string {
  return code > 0x10ffff ? '' : String.fromCodePoint(code)
}

/** The character that percent-encoded bytes stand for: in UTF-8, or one byte by itself. */
function ofBytes(encoded: string): string {
  const bytes = encoded.split('%').map((byte) => Number.parseInt(byte.slice(-2), 16))
  return bytes.length === 1 ? characterOf(bytes[0] ?? 0) : Buffer.from(bytes).toString('utf8')
}
