/**
 * A text of a workbook without its own escapes: `_x000D_` is the character of that number, which XML has no way to write,
 * and `_x005F_` an underscore that would begin one (ECMA-376 part 1, 22.9.2.19).
 */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text
  return text.replaceAll(/_x([\dA-Fa-f]{4})_/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}
