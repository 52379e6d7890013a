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

/** An escape that was read: where it ends, and the code of its character. */
export interface Escape {
  end: number
  code: number
}

/** In the place of a code: nothing that is shown. */
export const unseen = -1

export const plainKind = 0
const percentKind = 1
const backslashKind = 2
const ampersandKind = 3
const invisibleKind = 4
const surrogateKind = 5
/** White space, quotes and the like: no escape takes it with it, so that JSON stays JSON and words stay apart. */
const boundaries: ReadonlySet<number> = new Set([...' \t\r\n"<>'].map((one) => one.charCodeAt(0)))

/** What each character of ASCII may begin. */
const kindsOfAscii = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const one = String.fromCharCode(code)
  if (one === '%') return percentKind
  if (one === '\\') return backslashKind
  if (one === '&') return ampersandKind
  return invisible.test(one) ? invisibleKind : plainKind
})

/** What a unit of UTF-16 may begin. */
export function kindOf(unit: number): number {
  if (unit < 0x80) return kindsOfAscii[unit] ?? plainKind
  if (unit >= 0xd800 && unit < 0xdc00) return surrogateKind
  return invisible.test(String.fromCharCode(unit)) ? invisibleKind : plainKind
}

export function isInvisible(code: number): boolean {
  if (code > 0xffff) return invisible.test(String.fromCodePoint(code))
  return kindOf(code) === invisibleKind
}

/** Reads the escape at a place, of the kind of its first character; false if there is none. */
export function readEscape(text: string, at: number, kind: number, into: Escape): boolean {
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
