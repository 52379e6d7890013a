import type { InputRow, ValidRow } from '../input/row.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'

/** Rows that are tried at most, the last one of the input among them. */
export const mostTried = 5
/** Rows that are looked at for it, at most: some can't be tried, since nothing would be sent for them. */
const mostCandidates = 50

/**
 * Rows spread over what is left of an input, the last one first, then from the end towards the beginning.
 *
 * @param rows the input from its beginning
 * @param isLeft whether a row is still to be begun
 */
export async function spreadRows(
  rows: AsyncIterable<InputRow>,
  isLeft: (row: ValidRow) => boolean,
): Promise<readonly ValidRow[]> {
  // Every n-th row is kept, n doubling whenever there are too many: one pass, whatever the size of the input.
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

/** So many of a list, as far apart as they go; the widest apart come first. */
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
 * Whether an earlier row of the input that is not finished may mean a user: then a later row of it must not go first.
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
