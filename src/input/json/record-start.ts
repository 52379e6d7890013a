/**
 * Whether a line begins a record of its own, after lines that together are not JSON. A broken record must not take
 * others with it, but nobody inside it may be acted on, such as its user's manager or direct reports.
 *
 * @param before the lines of the broken record so far, none of them blank
 */
export function beginsRecord(line: string, before: readonly string[]): boolean {
  if (!/^\s*[{[]/.test(line)) return false
  const [first = ''] = before
  if (indentOf(line) > indentOf(first)) return false
  const end = before.at(-1)?.trimEnd().at(-1)
  if (end === ':') return false
  // After a comma, an object goes on with a key, and a list with an object.
  return !(openBrackets(before).at(-1) === '[' && (end === ',' || end === '['))
}

/** Whether lines that together are not JSON leave something open, so that the next line may still be part of it. */
export function isLeftOpen(lines: readonly string[]): boolean {
  return openBrackets(lines).length > 0 || lines.at(-1)?.trimEnd().endsWith(':') === true
}

/** Whether a line continues an object or a list, and so begins nothing. */
export function goesOn(line: string): boolean {
  return /^\s*["}\],]/.test(line)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** The brackets that some lines leave open, as far as lines that are not JSON can show that. */
function openBrackets(lines: readonly string[]): readonly string[] {
  const open: string[] = []
  for (const line of lines) {
    // A text ends with its line. JSON texts hold no line ends, so a quote that is still open there is the mistake.
    for (const [bracket] of line.replaceAll(/"(?:[^"\\]|\\.)*("|$)/g, '').matchAll(/[{}[\]]/g)) {
      if (bracket === '{' || bracket === '[') open.push(bracket)
      // A wrong bracket closes what is open, as the right one would have.
      else open.pop()
    }
  }
  return open
}
