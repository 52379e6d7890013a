/**
 * A text of a workbook with its escapes decoded: `_x000D_` is the character with that number, which XML can't write,
 * and `_x005F_` is an underscore that would otherwise begin an escape (ECMA-376 part 1, 22.9.2.19).
 */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text
  return text.replaceAll(/_x([\dA-Fa-f]{4})_/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}
