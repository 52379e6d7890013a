import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownList } from '../../messages/shown.ts'
import type { Cell } from '../row.ts'

/** Whether an object has the user's column. */
type HasUser = (cells: ReadonlyMap<string, Cell>) => boolean

function cellsOf(value: unknown): ReadonlyMap<string, Cell> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return new Map(Object.entries(value as Readonly<Record<string, Cell>>))
}

function holdsUser(value: unknown, hasUser: HasUser): boolean {
  const cells = cellsOf(value)
  return cells !== null && hasUser(cells)
}

/** The paths, as jq writes them, of lists in which objects have the user's column. */
function listsIn(cells: ReadonlyMap<string, Cell>, hasUser: HasUser, depth = 0): string[] {
  return [...cells].flatMap(([key, cell]) => {
    const path = `[${JSON.stringify(key)}]`
    if (Array.isArray(cell)) return cell.some((one) => holdsUser(one, hasUser)) ? [path] : []
    const inside = depth < 3 ? cellsOf(cell) : null
    return inside === null ? [] : listsIn(inside, hasUser, depth + 1).map((rest) => path + rest)
  })
}

/**
 * Refuses a file of one object that is not a record but holds the records: a list of them under a key, or each under a
 * key of its own. Fields that stand beside the list are about the list: taken as a record, its author would be acted on,
 * and nobody in it.
 */
export function refuseEnvelope(name: string, cells: ReadonlyMap<string, Cell>, hasUser: HasUser): void {
  const lists = listsIn(cells, hasUser)
  const [list] = lists
  if (list !== undefined)
    throw new Refusal(
      `${name}: the file is one object that holds a list of users, under ${shownList(lists)}; a list alone was expected.`,
      `Take it out: jq ${shellWord(`.${list}`)} FILE > LIST.json, and give that file.`,
    )
  const people = [...cells].filter(([, cell]) => holdsUser(cell, hasUser))
  if (people.length < 2 || hasUser(cells)) return
  throw new Refusal(
    `${name}: the file is one object that holds ${people.length} users, each under a key of its own, such as ${shown(people[0]?.[0] ?? '')}; a list was expected.`,
    `Make a list of them: jq '[.[]]' FILE > LIST.json, and give that file.`,
  )
}
