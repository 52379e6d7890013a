/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
    .join('\n')
}

/** A bar would begin another cell, even inside code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A text as code. */
export function code(text: string): string {
  return `\`${text}\``
}

/** A text as a sentence, with the full stop that the data may lack. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
