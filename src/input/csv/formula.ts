const startsFormula = /^'*[=+\-@\t\r＝＋－＠]/
const startsEscapedFormula = /^'+[=+\-@\t\r＝＋－＠]/

/**
 * Makes a CSV cell that a spreadsheet would run as a formula plain text to it, by a leading `'`. Such a cell begins
 * with `=`, `+`, `-`, `@`, their full-width forms, a tab or a carriage return. A cell that already has apostrophes
 * before such a character gets one more, so that {@link unescapeFormula} gives back every text exactly.
 */
export function escapeFormula(text: string): string {
  return startsFormula.test(text) ? `'${text}` : text
}

/** Takes off again the one `'` that {@link escapeFormula} put before a text; any other text comes back as it is. */
export function unescapeFormula(text: string): string {
  return startsEscapedFormula.test(text) ? text.slice(1) : text
}
