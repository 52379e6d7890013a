import type { InputRow, ValidRow } from '../input/row.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'

/** The most rows that a probe tries, the last row of the input among them. */
const mostTried = 5
/** The most rows that a probe looks at. It can't try every one, because for some nothing would be sent. */
const mostCandidates = 50

/**
 * Rows spread over the rest of an input, the last one first.
 *
 * @param rows the input from its beginning
 * @param isLeft whether a row has not begun yet
 */
export async function spreadRows(
  rows: AsyncIterable<InputRow>,
  isLeft: (row: ValidRow) => boolean,
): Promise<readonly ValidRow[]> {
  // Keeps every n-th row and doubles n whenever too many are kept: one pass, however large the input.
  let kept: ValidRow[] = []
  let every = 1
  let seen = 0
  let last: ValidRow | null = null
  for await (const row of rows) {
    if (row.kind !== 'valid' || !isLeft(row)) continue
    last = row
    if (seen++ % every !== 0) continue
    kept.push(row)
    if (kept.length < mostCandidates * 2) continue
    kept = kept.filter((_, index) => index % 2 === 0)
    every *= 2
  }
  if (last === null) return []
  const others = kept.filter((row) => row !== last)
  return [last, ...spread(others, mostCandidates - 1)]
}

/** At most `most` items of a list; those that are furthest apart come first. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / (mostTried - 1))
  const first = Array.from({ length: mostTried - 1 }, (_, index) => items[Math.floor(index * step)])
  const chosen = new Set(first.filter((item): item is T => item !== undefined))
  for (const item of items) {
    if (chosen.size >= most) break
    chosen.add(item)
  }
  return [...chosen]
}

/**
 * Whether an unfinished earlier row of the input may mean the same user. If so, the later row must not go first.
 *
 * @param rows the input from its beginning
 */
export async function hasEarlierRow(
  rows: AsyncIterable<InputRow>,
  row: ValidRow,
  user: { readonly id: string; readonly login: string },
  isFinished: (row: ValidRow) => boolean,
): Promise<boolean> {
  const keys = new Set(keysOf(user))
  keys.add(normalizeUserKey(row.user))
  for await (const other of rows) {
    if (other.row >= row.row) return false
    if (other.kind === 'valid' && keys.has(normalizeUserKey(other.user)) && !isFinished(other)) return true
  }
  return false
}

/** Whether a probe has tried enough. */
export function isEnough(tried: number): boolean {
  return tried >= mostTried
}
