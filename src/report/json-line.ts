import type { Cell } from '../input/row.ts'

/**
 * Renders one JSON object as a line that ends in a line feed. Written pair by pair, so that every name is kept as it
 * is (also `__proto__`) and in the order given; undefined is written as null.
 */
export function renderJsonLine(pairs: Iterable<readonly [name: string, value: Cell | undefined]>): string {
  const members: string[] = []
  for (const [name, value] of pairs) members.push(`${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`)
  return `{${members.join(',')}}\n`
}
