import type { Cell } from '../row.ts'

/**
 * Renders JSON objects with these names as lines that end in a line feed. Written pair by pair, so that every name is
 * kept as it is (also `__proto__`) and in the order given; undefined is written as null.
 */
export function jsonLineRenderer(
  names: readonly string[],
): (values: readonly (Cell | undefined)[]) => string {
  const heads = names.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  return (values) => {
    let line = heads.length === 0 ? '{' : ''
    for (const [index, head] of heads.entries()) line += head + JSON.stringify(values[index] ?? null)
    return `${line}}\n`
  }
}
