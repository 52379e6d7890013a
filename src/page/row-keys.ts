/**
 * Which row a key leads to from another one; null if the key does not lead to a row.
 *
 * @param row from 0
 * @param count how many rows there are
 * @param page how many rows can be seen at a time
 */
export function rowOfKey(key: string, row: number, count: number, page: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  }
  const found = Object.hasOwn(steps, key) ? steps[key] : undefined
  return found === undefined ? null : Math.max(0, Math.min(count - 1, found))
}
