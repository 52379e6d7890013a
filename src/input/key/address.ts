import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'

/** The other forms of @: full-width, and small. */
const otherAt = /[\uff20\ufe6b]/

/** Whether a text was meant to hold an address. */
export function hasAt(text: string): boolean {
  return text.includes('@') || otherAt.test(text) || /%40/i.test(text)
}

/** Typographic quotes and dashes, with which word processors replace plain ones. */
export const typographic =
  /[\u2018-\u201f\u2032-\u2037\u2039\u203a\u00ab\u00bb\u00b4\u2010-\u2015\u2212\ufe58\ufe63]/

/** Full-width forms of ASCII characters, and full stops, that come from East Asian input methods. */
export const fullWidth = /[\uff01-\uff5e\ufe50-\ufe6b\u3002\uff61]/

/** Characters that occur around or between addresses, but never inside one. */
export const aroundAddress = /[<>()[\]{},;:"=|]/

/** The form of an address: a name, one @, then letters and digits with single dots and dashes. */
const singleAddress = /^(?!['.])[^@\s]*[^@\s'.]@[\p{L}\p{M}\p{N}_-]+(\.[\p{L}\p{M}\p{N}_-]+)*$/u

/** Whether a key with one @ has the form of one address. */
export function isSingleAddress(key: string): boolean {
  return singleAddress.test(key) && !key.includes('..') && !/@[-_]|[-_]$/.test(key)
}

/** Matches the addresses inside a cell, without the characters around them. */
const inside = /[^\s@<>()[\]{},;:"'=|\u2018-\u201f]+@[^\s@<>()[\]{},;:"'=|\u2018-\u201f]+/gu

/** How many characters of a cell are searched for addresses. */
const mostLookedAt = 1000

/** The addresses inside a text. A pasted cell may hold more than an address. */
export function addressesIn(text: string): readonly string[] {
  // The text is cut because the pattern takes quadratic time on a long text without @.
  const plain = text
    .slice(0, mostLookedAt)
    .replaceAll(/%40/gi, '@')
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{DI}]/gu, '')
  const found = (plain.match(inside) ?? []).map((one) => one.replaceAll(/^[.*!-]+|[.*!-]+$/g, ''))
  return [...new Set(found.filter(isSingleAddress))]
}

/** Code pages in which Excel, old Macs and the Windows command line wrongly read UTF-8. */
const wrongPages = ['windows-1252', 'macintosh', 'cp437', 'cp850'] as const

/**
 * If UTF-8 is read in a code page of DOS, each letter outside ASCII begins with a symbol such as `├`. A text of letters
 * alone is a real name.
 */
const hasSymbol = /[^\p{L}\p{M}\p{N}\p{ASCII}]/u

/**
 * The text as it was before its UTF-8 was read in another code page (`Ã¶` for `ö`); null if that did not happen. The
 * letters of real text never form valid UTF-8.
 */
export function beforeWrongDecoding(text: string): string | null {
  if (!/[\u0080-\uffff]{2}/.test(text)) return null
  for (const page of wrongPages) {
    if (page.startsWith('cp') && !hasSymbol.test(text)) continue
    const bytes = iconv.encode(text, page)
    if (isUtf8(bytes) && iconv.decode(bytes, page) === text) return bytes.toString('utf8')
  }
  return null
}
