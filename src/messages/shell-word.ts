/** A text as one word of a POSIX shell, so that a command shown to a person can be pasted: quoted only where needed. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}
