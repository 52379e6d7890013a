/** What makes a text more than it looks like: escapes, and characters that are not shown. */
const special = /[%\\&\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\s]/u
const invisible = /^(?:[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\s])*$/u

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

const longestName = 24

/**
 * A text with one level of escapes taken away: those of JSON, which take all their backslashes with them, of URLs and of
 * HTML. It knows where each character was. Nothing is made per escape but three numbers, because a hostile text may be
 * made of millions of them; and the text is read once, from its beginning to its end.
 */
export class Level {
  readonly plain: string
  /** Stretches: where they begin in the plain text, and where they begin and end in the text. */
  readonly #plainAt: Numbers
  readonly #textAt: Numbers
  readonly #textEnd: Numbers

  /** Null if the text has no escape, and nothing that is not shown. */
  static of(text: string): Level | null {
    if (!special.test(text)) return null
    const level = new Level(text)
    return level.plain.length === text.length ? null : level
  }

  private constructor(text: string) {
    const plain = new Uint16Array(text.length)
    const plainAt = new Numbers()
    const textAt = new Numbers()
    const textEnd = new Numbers()
    const into: Escape = { end: 0, code: unseen }
    let size = 0
    let asWritten = false
    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at)
      const kind = kindOf(unit)
      if (kind === plainKind || !readEscape(text, at, kind, into)) {
        if (!asWritten) {
          plainAt.push(size)
          textAt.push(at)
          textEnd.push(at)
          asWritten = true
        }
        plain[size++] = unit
        at += 1
        textEnd.setLast(at)
        continue
      }
      const { end, code } = into
      if (code !== unseen && !isInvisible(code)) {
        plainAt.push(size)
        textAt.push(at)
        textEnd.push(end)
        if (code > 0xffff) {
          plain[size++] = 0xd800 + ((code - 0x10000) >> 10)
          plain[size++] = 0xdc00 + ((code - 0x10000) & 0x3ff)
        } else plain[size++] = code
      }
      asWritten = false
      at = end
    }
    this.plain = Buffer.from(plain.buffer, 0, size * 2).toString('utf16le')
    this.#plainAt = plainAt
    this.#textAt = textAt
    this.#textEnd = textEnd
  }

  /** Where the character of the plain text begins in the text. */
  startOf(at: number): number {
    const stretch = this.#stretchAt(at)
    const from = this.#textAt.at(stretch)
    return this.#isAsWritten(stretch) ? from + at - this.#plainAt.at(stretch) : from
  }

  /** Where the last character before a place in the plain text ends in the text. */
  endOf(end: number): number {
    const stretch = this.#stretchAt(end - 1)
    if (!this.#isAsWritten(stretch)) return this.#textEnd.at(stretch)
    return this.#textAt.at(stretch) + end - this.#plainAt.at(stretch)
  }

  #stretchAt(at: number): number {
    let low = 0
    let high = this.#plainAt.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#plainAt.at(middle) <= at) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Whether a stretch has no escape: then it is as long as in the text, and an escape is always longer. */
  #isAsWritten(stretch: number): boolean {
    const next = stretch + 1 < this.#plainAt.length ? this.#plainAt.at(stretch + 1) : this.plain.length
    return this.#textEnd.at(stretch) - this.#textAt.at(stretch) === next - this.#plainAt.at(stretch)
  }
}

/** A list of whole numbers that takes four bytes for each. */
class Numbers {
  length = 0
  #all = new Int32Array(64)

  push(value: number): void {
    if (this.length === this.#all.length) {
      const more = new Int32Array(this.length * 2)
      more.set(this.#all)
      this.#all = more
    }
    this.#all[this.length++] = value
  }

  setLast(value: number): void {
    this.#all[this.length - 1] = value
  }

  at(index: number): number {
    return this.#all[index] ?? 0
  }
}

/** An escape that was read: where it ends, and the code of its character. */
interface Escape {
  end: number
  code: number
}

/** In the place of a code: nothing that is shown. */
const unseen = -1

const plainKind = 0
const percentKind = 1
const backslashKind = 2
const ampersandKind = 3
const invisibleKind = 4
const surrogateKind = 5
/** White space, quotes and the like: no escape takes it with it, so that JSON stays JSON and words stay apart. */
const boundaries: ReadonlySet<number> = new Set([...' \t\r\n"<>'].map((one) => one.charCodeAt(0)))

let kinds: Uint8Array | null = null

/** What a unit of UTF-16 may begin. */
function kindOf(unit: number): number {
  kinds ??= Uint8Array.from({ length: 0x10000 }, (_, code) => {
    const one = String.fromCharCode(code)
    if (one === '%') return percentKind
    if (one === '\\') return backslashKind
    if (one === '&') return ampersandKind
    if (code >= 0xd800 && code < 0xdc00) return surrogateKind
    return invisible.test(one) ? invisibleKind : plainKind
  })
  return kinds[unit] ?? plainKind
}

function isInvisible(code: number): boolean {
  if (code > 0xffff) return invisible.test(String.fromCodePoint(code))
  return kindOf(code) === invisibleKind
}

/** Reads the escape at a place, of the kind of its first character; false if there is none. */
function readEscape(text: string, at: number, kind: number, into: Escape): boolean {
  if (kind === backslashKind) return readJson(text, at, into)
  if (kind === percentKind) return readPercent(text, at, into)
  if (kind === ampersandKind) return readHtml(text, at, into)
  const code = text.codePointAt(at) ?? 0
  if (kind === surrogateKind && !(code > 0xffff && isInvisible(code))) return false
  return found(into, at + (code > 0xffff ? 2 : 1), unseen)
}

function found(into: Escape, end: number, code: number): true {
  into.end = end
  into.code = code > 0x10ffff ? unseen : code
  return true
}

/** `\u0041`, `\u{41}`, `\x41`, `\/`: with any number of backslashes, as in JSON in JSON. */
function readJson(text: string, at: number, into: Escape): true {
  let from = at + 1
  while (text.charCodeAt(from) === 0x5c) from += 1
  const letter = text.charCodeAt(from) | 0x20
  if (letter === 0x75) {
    const code = hexAt(text, from + 1, 4)
    if (code >= 0) return found(into, from + 5, code)
    if (text.charCodeAt(from + 1) === 0x7b) {
      const [inner, end] = hexNumberAt(text, from + 2, 8)
      if (inner >= 0 && text.charCodeAt(end) === 0x7d) return found(into, end + 1, inner)
    }
  } else if (letter === 0x78) {
    const code = hexAt(text, from + 1, 2)
    if (code >= 0) return found(into, from + 3, code)
  }
  const other = text.codePointAt(from)
  if (other === undefined || boundaries.has(other)) return found(into, from, unseen)
  // In JSON, `\b` is a backspace.
  return found(into, from + (other > 0xffff ? 2 : 1), other === 0x62 || other === 0x42 ? unseen : other)
}

/** `%41`, `%2541`, `%u0041`, and the bytes of one character of UTF-8 together. */
function readPercent(text: string, at: number, into: Escape): boolean {
  const from = afterPercent(text, at)
  if ((text.charCodeAt(from) | 0x20) === 0x75) {
    const code = hexAt(text, from + 1, 4)
    if (code >= 0) return found(into, from + 5, code)
  }
  const byte = hexAt(text, from, 2)
  // What was taken for the escape of a percent sign may be the last one itself.
  if (byte < 0) return from > at + 1 && found(into, from, 0x25)
  const more = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf8 ? 3 : 0
  let code = byte & (0x3f >> more)
  let end = from + 2
  for (let times = 0; times < more; times++) {
    const next = text.charCodeAt(end) === 0x25 ? afterPercent(text, end) : -1
    const tail = next < 0 ? -1 : hexAt(text, next, 2)
    if (tail >> 6 !== 2) return found(into, from + 2, byte)
    code = (code << 6) | (tail & 0x3f)
    end = next + 2
  }
  return found(into, end, more === 0 ? byte : code)
}

/** The place after a percent sign and the escapes of it, `%2525`. */
function afterPercent(text: string, at: number): number {
  let from = at + 1
  while (text.charCodeAt(from) === 0x32 && text.charCodeAt(from + 1) === 0x35) from += 2
  return from
}

/** `&#65;`, `&#x41;`, `&amp;amp;#65;`, `&quot;`. */
function readHtml(text: string, at: number, into: Escape): boolean {
  let from = at + 1
  while (text.startsWith('amp;', from)) from += 4
  if (text.charCodeAt(from) === 0x23) {
    const isHex = (text.charCodeAt(from + 1) | 0x20) === 0x78
    const [code, end] = isHex ? hexNumberAt(text, from + 2, 6) : decimalAt(text, from + 1)
    if (code >= 0) return found(into, text.charCodeAt(end) === 0x3b ? end + 1 : end, code)
  } else {
    let end = from
    while (end - from <= longestName && isLetter(text.charCodeAt(end))) end += 1
    const shown = text.charCodeAt(end) === 0x3b ? named.get(text.slice(from, end).toLowerCase()) : undefined
    if (shown !== undefined) return found(into, end + 1, shown === '' ? unseen : shown.charCodeAt(0))
  }
  return from > at + 1 && found(into, from, 0x26)
}

/** A hexadecimal number of some digits; -1 if there are other characters. */
function hexAt(text: string, at: number, digits: number): number {
  let number = 0
  for (let index = at; index < at + digits; index++) {
    const digit = hexDigit(text.charCodeAt(index))
    if (digit < 0) return -1
    number = number * 16 + digit
  }
  return number
}

/** A hexadecimal number of up to some digits after any number of zeros, and its end; -1 if there is none. */
function hexNumberAt(text: string, at: number, most: number): readonly [number: number, end: number] {
  let from = at
  while (text.charCodeAt(from) === 0x30) from += 1
  let end = from
  let number = 0
  for (; end < from + most; end++) {
    const digit = hexDigit(text.charCodeAt(end))
    if (digit < 0) break
    number = number * 16 + digit
  }
  return [end === at ? -1 : number, end]
}

function decimalAt(text: string, at: number): readonly [number: number, end: number] {
  let from = at
  while (text.charCodeAt(from) === 0x30) from += 1
  let end = from
  let number = 0
  for (; end < from + 7; end++) {
    const digit = text.charCodeAt(end) - 0x30
    if (!(digit >= 0 && digit <= 9)) break
    number = number * 10 + digit
  }
  return [end === at ? -1 : number, end]
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const letter = unit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function isLetter(unit: number): boolean {
  const letter = unit | 0x20
  return letter >= 0x61 && letter <= 0x7a
}
