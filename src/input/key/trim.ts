/**
 * Invisible characters at the ends of a text: white space and separators, format characters (direction marks,
 * zero-width characters, byte-order marks, soft hyphens) and fillers.
 */
const invisible = /^[\s\p{Z}\p{Cf}\p{DI}]$/u

function isInvisible(code: number | undefined): boolean {
  if (code === undefined) return false
  // Most texts begin and end with plain ASCII.
  if (code < 0x7f) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return invisible.test(String.fromCodePoint(code))
}

/** A text without the invisible characters at its ends. Keys, actions and column names are all read in this way. */
export function trimInvisible(text: string): string {
  // A pattern anchored at the end would take quadratic time on a long run of spaces inside the text.
  let start = 0
  let end = text.length
  while (start < end && isInvisible(text.codePointAt(start))) start += widthAt(text, start)
  while (end > start) {
    const width = /[\udc00-\udfff]/.test(text.charAt(end - 1)) && end - start > 1 ? 2 : 1
    if (!isInvisible(text.codePointAt(end - width))) break
    end -= width
  }
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function widthAt(text: string, place: number): number {
  return (text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1
}
