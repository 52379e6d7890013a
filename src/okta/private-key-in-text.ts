import { isOfWords } from './words.ts'

/** Backslashes before an escape: JSON in JSON has twice as many and one more on each level. This is the fifth. */
const slashes = String.raw`\\{1,31}`

/** `%2d`, also of a URL in a URL. */
const percent = '%(?:25){0,3}'

/** One character as JSON, a URL or HTML may write it. */
function written(character: string): string {
  const code = character.charCodeAt(0)
  const hex = code.toString(16).padStart(2, '0')
  return `(?:[${character}]|${percent}${hex}|${slashes}(?:u00|x)${hex}|&#(?:${code}|x${hex});)`
}

const dashes = `${written('-')}{5}`
const space = String.raw`(?:[\s+]|${percent}20|${slashes}(?:[nrt]|u0020)|&#(?:32|x20);|&nbsp;){1,8}`

/** What a private key in PEM begins with. Source: RFC 7468. */
const begin = new RegExp(
  `${dashes}BEGIN${space}(?:[A-Z]{1,12}${space}){0,3}PRIVATE${space}KEY${dashes}`,
  'gi',
)
const end = new RegExp(`${dashes}END${space}(?:[A-Z0-9]{1,12}${space}){0,4}KEY${dashes}`, 'iy')

/** The same, cut off. */
const beginOfEnd = /-{1,5}(?:E(?:ND?[A-Z ]{0,20})?)?(?![\w-])/iy

/** What parts the lines: real line feeds, those of JSON, of a URL and of HTML. */
const gap = new RegExp(
  String.raw`(?:\s|${slashes}(?:[nrtf]|u000[9a-d])|${percent}(?:0[9a-d]|20)|<br ?\/?>|&#(?:1[0-3]|x0?[a-d]);){1,64}`,
  'iy',
)

/** A comma may part the lines, but also a key from the next value: only a long line can follow it. */
const comma = /(?:,|%2c)\s{0,9}/iy

/** The headers of a key that is encrypted. Source: RFC 1421. */
const header = /[A-Za-z][A-Za-z-]{1,30}: [^\s"'\\,][^\s"'\\]{0,100}/y

/** What was put in the place of a line that was known. */
const put = /\[secret\]/y
const character = new RegExp(
  `(?:[A-Za-z0-9+/=]|${written('+')}|${written('/')}|${written('=')}|${slashes}/){1,4000}`,
  'iy',
)

/** A line of a key has 64 or 76 characters, but the last one may have fewer, and a text may be cut off. */
const longLine = 16
const shortLine = 8

/**
 * A text without private keys in PEM, also without the beginning of one. Nothing is taken away that can't be in a key,
 * such as a quotation mark, nor what comes after its last line: so JSON stays JSON, and a line a line.
 */
export function maskPrivateKeys(text: string): string {
  if (!/PRIVATE/i.test(text)) return text
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
    const parted = after(gap, text, at)
    const line = after(comma, text, parted)
    const whole = after(end, text, line)
    if (whole > line) return whole
    const next = lines === 0 ? Math.max(after(header, text, line), line) : line
    if (next > line) {
      at = next
      continue
    }
    const known = after(put, text, line)
    const last = known > line ? known : endOfLine(text, line)
    if (known === line && !isLine(text.slice(line, last), line > parted) && !endFollows(text, last)) {
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
  const from = after(comma, text, after(gap, text, at))
  return after(end, text, from) > from
}

function isLine(text: string, afterComma: boolean): boolean {
  if (afterComma) return text.length >= longLine && !isOfWords(text)
  return text.length >= shortLine && !(text.length < longLine && isOfWords(text))
}

/** The end of what a pattern matches at a place; the place itself if it doesn't match. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
