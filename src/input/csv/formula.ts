const startsFormula = /^'*[=+\-@\t\r＝＋－＠]/
const startsEscapedFormula = /^'+[=+\-@\t\r＝＋－＠]/

/**
 * Puts a `'` before a CSV cell that a spreadsheet would run as a formula, so that it is plain text there. Such a cell
 * begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a carriage return. A cell that already has
 * apostrophes before such a character gets one more, so that {@link unescapeFormula} gives back every text exactly.
 */
export function escapeFormula(text: string): string {
  return startsFormula.test(text) ? `'${text}` : text
}

/** Removes the one `'` that {@link escapeFormula} put before a text; leaves any other text as it is. */
export function unescapeFormula(text: string): string {
  return startsEscapedFormula.test(text) ? text.slice(1) : text
}
