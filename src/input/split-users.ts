import { counted } from '../messages/counted.ts'
import { shown, shownUnlessSecret } from '../messages/shown.ts'
import { foldLogin } from '../okta/user.ts'
import type { ColumnWarning } from './columns/unused-columns.ts'
import { hashesOf } from './key/text-hashes.ts'
import { checkUserKey } from './key/user-key.ts'
import type { InputRow } from './row.ts'

/**
 * Watches for users with one row that `input.where` selects and another that it does not: `Terminated` in an old
 * contract and `Active` in a new one. The selected row counts, and only a person can tell whether it should. Keeps
 * about 100 bytes a user.
 */
export class SplitUsers {
  readonly #selected = new Set<number>()
  readonly #left = new Set<number>()
  readonly #split = new Set<number>()
  #example: { readonly user: string; readonly row: number } | null = null

  add(row: InputRow): void {
    if (row.kind === 'invalid') return
    const hash = hashOf(row.user)
    if (hash === null) return
    const [own, other] = row.kind === 'valid' ? [this.#selected, this.#left] : [this.#left, this.#selected]
    own.add(hash)
    if (!other.has(hash)) return
    this.#split.add(hash)
    this.#example ??= { user: row.user, row: row.row }
  }

  /** @param column the user's column */
  warnings(column: string): readonly ColumnWarning[] {
    if (this.#example === null) return []
    const { user, row } = this.#example
    const who = `${counted(this.#split.size, 'user')} in the column ${shownUnlessSecret(column)} ${this.#split.size === 1 ? 'has' : 'have'}`
    const message = `${who} both rows that input.where selects and rows that it leaves out, such as ${shown(user)} (row ${row}). The selected rows are done all the same: check whether the others contradict them.`
    return [{ column, message }]
  }
}

/** A whole number below 2^53, so that two of a million users hardly ever share one; null if the cell names no user. */
function hashOf(user: string): number | null {
  const check = checkUserKey(user)
  if (!('key' in check)) return null
  const [one, two] = hashesOf(check.kind === 'id' ? check.key : foldLogin(check.key))
  return one * 2 ** 21 + (two >>> 11)
}
