import { parseAction } from '../../okta/actions.ts'
import { actionColumnNames, plainName } from '../columns/column-names.ts'
import { namedUsers } from '../columns/named-users.ts'
import { saysSpared } from '../columns/sparing-heading.ts'
import type { Cell } from '../row.ts'
import { cellsOf } from './nested.ts'

/** The keys of a path as jq writes it: `["data"]["users"]`. Indexes of lists are left out. */
function keysOfPath(path: string): readonly string[] {
  return [...path.matchAll(/\[("(?:[^"\\]|\\.)*")\]/g)].map(([, key]) => JSON.parse(key ?? '""') as string)
}

/**
 * Whether the people under a path can be taken out of a record by a command, without losing what the rest of the record
 * says about them. Nothing else in the record may name people or hold a list, and no word may say what is to be done
 * with them or that they are to be spared.
 *
 * @param path as jq writes it
 */
export function standsAlone(cells: ReadonlyMap<string, Cell>, path: string): boolean {
  return isAlone(cells, keysOfPath(path))
}

/**
 * Whether a list under a path holds objects and nothing else. An empty or missing list counts too: nobody can be lost
 * from it.
 */
export function holdsObjectsOnly(cells: ReadonlyMap<string, Cell>, path: string): boolean {
  let value: unknown = Object.fromEntries(cells)
  for (const key of keysOfPath(path)) value = cellsOf(value)?.get(key)
  if (value === undefined || value === null) return true
  return Array.isArray(value) && value.every((one) => cellsOf(one) !== null)
}

function isAlone(cells: ReadonlyMap<string, Cell>, [first, ...rest]: readonly string[]): boolean {
  for (const [key, cell] of cells) {
    if (key !== first) {
      if (!isHarmless(key, cell)) return false
      continue
    }
    if (tellsWhat(key)) return false
    const inside = rest.length === 0 ? null : cellsOf(cell)
    if (inside !== null && !isAlone(inside, rest)) return false
  }
  return true
}

/** Whether a value next to the people says nothing about them: a count, a date, a title. */
function isHarmless(key: string, cell: unknown): boolean {
  if (cell === null || cell === undefined) return true
  // A list of such addresses says nothing either: for example, the `schemas` of SCIM.
  if (Array.isArray(cell)) return cell.every((one) => typeof one === 'string' && /^(urn|https?):/.test(one))
  const inside = cellsOf(cell)
  if (inside !== null) return [...inside].every(([one, value]) => isHarmless(one, value))
  if (actionColumnNames.includes(plainName(key))) return false
  return typeof cell !== 'string' || (!tellsWhat(cell) && namedUsers(key, cell).length === 0)
}

/** Whether a text says what is to be done with people, or that nothing is. */
export function tellsWhat(text: string): boolean {
  const words = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').replaceAll(/[_-]+/g, ' ')
  return (
    parseAction(text) !== null ||
    /suspend|activat|unlock|reset|protected|untouch/i.test(words) ||
    saysSpared(words)
  )
}
