/** A text as one word of a POSIX shell, quoted only if needed, so that a person can paste the command that holds it. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}
