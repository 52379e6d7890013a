import type { InputRow, ValidRow } from '../input/row.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'

/** At most this many rows are tried, the last one of the input among them. */
export const mostTried = 5
/**
 * Whether enough executions have stopped for the same refusals: a third one that finds nothing new ends with those users
 * as the cause, so that no run stops for them forever.
 *
 * @param turn how many executions the run has had before, from 0
 */
export function hasStoppedEnough(turn: number): boolean {
  return turn >= 2
}

/** At most this many rows are considered: some can't be tried, because nothing would be sent for them. */
const mostCandidates = 50

/**
 * Rows spread over the rest of an input, the last one first.
 *
 * @param rows the input from its beginning
 * @param isLeft whether a row has not begun yet
 * @param turn how many executions the run has had before: each tries other rows, so that a run that was stopped does not
 *   stop for the same ones forever
 */
export async function spreadRows(
  rows: AsyncIterable<InputRow>,
  isLeft: (row: ValidRow) => boolean,
  turn = 0,
): Promise<readonly ValidRow[]> {
  // Keeps every n-th row and doubles n whenever too many are kept: one pass, however large the input.
  let kept: ValidRow[] = []
  let every = 1
  let seen = turn
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
  const all = kept.at(-1) === last ? kept : [...kept, last]
  // First come the few that are to be tried, then others, in case nothing would be sent for some of those.
  const first = spread(all, mostTried, turn)
  const others = spread(all, mostCandidates, turn).filter((row) => !first.includes(row))
  const begin = Math.floor(partOf(turn) * others.length)
  return [...first, ...others.slice(begin), ...others.slice(0, begin)]
}

/** A part of a whole for each turn, from 0 to below 1. Parts of later turns fall between those before them. */
function partOf(turn: number): number {
  const goldenRatio = (Math.sqrt(5) - 1) / 2
  return (turn * goldenRatio) % 1
}

/**
 * At most `most` items of a list, spread over it as evenly as possible. The last comes first: the end of an input is
 * the least like its beginning.
 *
 * @param turn other turns choose other items, apart from the last
 */
export function spread<T>(items: readonly T[], most: number, turn = 0): T[] {
  const chosen = new Set<T>()
  const last = items.at(-1)
  if (last !== undefined && most > 0) chosen.add(last)
  // The last is one of them; the others share the whole list.
  const step = Math.max(1, items.length / Math.max(1, most - 1))
  const offset = Math.floor(partOf(turn) * step)
  for (let at = offset; at < items.length && chosen.size < most; at += step) {
    const item = items[Math.floor(at)]
    if (item !== undefined) chosen.add(item)
  }
  return [...chosen]
}

interface OtherRows {
  readonly isFinished: (row: ValidRow) => boolean | Promise<boolean>
  readonly userIdOf: (row: ValidRow) => string | null
}

/**
 * Whether an unfinished earlier row of the input may mean the same user. If so, the later row must not go first.
 *
 * @param rows the input from its beginning
 * @param isFinished asked of every earlier row, whomever it means
 * @param userIdOf the user for whom an unfinished row has been begun, or whom it is known to mean; null if nobody is
 *   known. That user may have another login by now
 */
export async function hasEarlierRow(
  rows: AsyncIterable<InputRow>,
  row: ValidRow,
  user: { readonly id: string; readonly login: string },
  { isFinished, userIdOf }: OtherRows,
): Promise<boolean> {
  const keys = new Set([...keysOf(user), normalizeUserKey(row.user)])
  for await (const other of rows) {
    if (other.row >= row.row) return false
    if (other.kind !== 'valid' || (await isFinished(other))) continue
    if (keys.has(normalizeUserKey(other.user)) || userIdOf(other) === user.id) return true
  }
  return false
}

/**
 * The other rows of the input that name the same user; null if one of them is not finished, so that the row must not go
 * before its turn.
 *
 * @param rows the input from its beginning
 * @param isFinished asked of each row that names the user, or that `userIdOf` shows to mean the user
 */
export async function otherRows(
  rows: AsyncIterable<InputRow>,
  row: ValidRow,
  user: { readonly id: string; readonly login: string },
  { isFinished, userIdOf }: OtherRows,
): Promise<readonly ValidRow[] | null> {
  const keys = new Set([...keysOf(user), normalizeUserKey(row.user)])
  const found: ValidRow[] = []
  for await (const other of rows) {
    if (other.kind !== 'valid' || other.row === row.row) continue
    if (!keys.has(normalizeUserKey(other.user)) && userIdOf(other) !== user.id) continue
    if (!(await isFinished(other))) return null
    found.push(other)
  }
  return found
}
