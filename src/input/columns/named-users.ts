import { addressesIn } from '../key/address.ts'
import { checkUserKey } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { isOtherPersons, isOwnOtherAddress } from './other-person.ts'

/**
 * A user whom a cell names, and the path to that name: the name of the column and, inside an object, the keys that lead
 * there.
 */
export interface NamedUser {
  readonly path: string
  readonly key: string
  readonly isAddress: boolean
}

/** Ids alone or between other words, but not in links. */
const ids = /(?<![A-Za-z0-9/])00u[A-Za-z0-9]{17}(?![A-Za-z0-9])/g

/** How deep objects are searched, and how many users are taken from one cell. */
const deepest = 4
const mostUsers = 50

/**
 * The users whom a cell names by address or id, wherever in the cell: in `Ada <ada@example.com>`, in a text with
 * several, or inside objects and lists. Keys that are about somebody else, such as `manager`, are skipped.
 */
export function namedUsers(path: string, cell: Cell | undefined): readonly NamedUser[] {
  if (typeof cell === 'string') return usersInText(path, cell)
  if (typeof cell !== 'object' || cell === null) return []
  const found: NamedUser[] = []
  collect(found, path, cell, 0)
  return found
}

function collect(found: NamedUser[], path: string, value: object, depth: number): void {
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    if (found.length >= mostUsers) return
    const isKey = !Array.isArray(value)
    if (isKey && (isOtherPersons(key) || isOwnOtherAddress(key))) continue
    const place = isKey ? `${path}.${key}` : path
    if (typeof inner === 'string') found.push(...usersInText(place, inner))
    else if (typeof inner === 'object' && inner !== null && depth < deepest)
      collect(found, place, inner, depth + 1)
  }
}

function usersInText(path: string, text: string): readonly NamedUser[] {
  // Nearly every cell is too short to hold an id, and has no @.
  const mayBeId = text.length >= 20 && text.includes('00u')
  if (!mayBeId && !/[@\uff20\ufe6b]|%40/.test(text)) return []
  const check = checkUserKey(text)
  if ('key' in check && check.kind === 'address') return [{ path, key: check.key, isAddress: true }]
  const addresses = addressesIn(text).map((key) => ({ path, key, isAddress: true }))
  const found = mayBeId ? (text.match(ids) ?? []) : []
  return [...addresses, ...found.map((key) => ({ path, key, isAddress: false }))]
}
