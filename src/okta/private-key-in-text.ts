import { isOfWords } from './words.ts'

/** What a private key in PEM begins with, also in a URL. Source: RFC 7468. */
const begin = /-----BEGIN(?: |\+|%20)(?:[A-Z]{1,12}(?: |\+|%20)){0,3}PRIVATE(?: |\+|%20)KEY-----/g
const end = /-----END[A-Z0-9 +%]{1,40}KEY-----/y

/** The same, cut off. */
const beginOfEnd = /-{1,5}(?:E(?:ND?[A-Z ]{0,20})?)?(?![\w-])/y

/** What parts the lines: real line feeds, those of JSON, and those of a URL. */
const gap = /(?:\s|\\{1,8}(?:[nrt]|u000[9ad])|%(?:25){0,3}(?:0[9ad]|20)){1,64}/iy

/** The headers of a key that is encrypted. Source: RFC 1421. */
const header = /[A-Za-z][A-Za-z-]{1,30}: [^\s"'\\,][^\s"'\\]{0,100}/y

/** What was put in the place of a line that was known. */
const put = /\[secret\]/y
const character = /(?:[A-Za-z0-9+/=]|%(?:25){0,3}(?:2[bf]|3d)){1,4000}/iy

/** A line of a key has 64 or 76 characters, but the last one may have fewer, and a text may be cut off. */
const longLine = 16
const shortLine = 8

/**
 * A text without private keys in PEM, also without the beginning of one. Nothing is taken away that can't be in a key,
 * such as a quotation mark, nor what comes after its last line: so JSON stays JSON, and a line a line.
 */
export function maskPrivateKeys(text: string): string {
  if (!text.includes('-----BEGIN')) return text
  let masked = ''
  let done = 0
  for (const { 0: found, index } of text.matchAll(begin)) {
    const body = index + found.length
    if (index < done) continue
    const last = endOfKey(text, body)
    if (last === body) continue
    masked += `${text.slice(done, index)}[private key]`
    done = last
  }
  return masked + text.slice(done)
}

/** Where a key ends whose first line begins at a place: the same place if no key follows. */
function endOfKey(text: string, from: number): number {
  let at = from
  let lines = 0
  for (;;) {
    const line = after(gap, text, at)
    const whole = after(end, text, line)
    if (whole > line) return whole
    const next = lines === 0 ? Math.max(after(header, text, line), line) : line
    if (next > line) {
      at = next
      continue
    }
    const known = after(put, text, line)
    const last = known > line ? known : endOfLine(text, line)
    if (known === line && !isLine(text.slice(line, last)) && !endFollows(text, last)) {
      const cut = lines === 0 ? line : after(beginOfEnd, text, line)
      return cut > line ? cut : at
    }
    at = last
    lines += 1
  }
}

function endOfLine(text: string, from: number): number {
  let at = from
  for (let next = after(character, text, at); next > at; next = after(character, text, at)) at = next
  return at
}

function endFollows(text: string, at: number): boolean {
  const from = after(gap, text, at)
  return after(end, text, from) > from
}

function isLine(text: string): boolean {
  return text.length >= shortLine && !(text.length < longLine && isOfWords(text))
}

/** The end of what a pattern matches at a place; the place itself if it doesn't match. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
