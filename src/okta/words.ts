/**
 * Whether a text is made of words and short numbers, as `InvalidTokenException` or `--accept-unusual` is. Each part can
 * be read in one way only, so that this takes no longer than the text is long.
 */
export function isOfWords(text: string): boolean {
  return text.split(/[^A-Za-z\d]+/).every((part) => isWord(part) || /^\d{1,4}$/.test(part))
}

/**
 * Whether a secret or a piece of one is made of words and numbers, such as the end of a login, a date or
 * `offboarding2026`. They may be all over a text, and nobody can tell them from other words there.
 */
export function isWordy(piece: string): boolean {
  if (/^\d+$/.test(piece)) return true
  return piece.split(/[^A-Za-z\d]+/).every((part) => isWord(part.replace(/\d{1,4}$/, '')))
}

function isWord(text: string): boolean {
  return /^(?:[A-Z]*|[A-Z]?[a-z]|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*)$/.test(text)
}
