import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownList } from '../../messages/shown.ts'
import { plainName, userNames } from '../columns/column-names.ts'
import { namedUsers } from '../columns/named-users.ts'
import { isOtherPersons } from '../columns/other-person.ts'
import { isUserId } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { cellsOf } from './nested.ts'
import { holdsObjectsOnly, standsAlone } from './stands-alone.ts'
import { giveThoseMeant, jqKey, takeOut } from './take-out.ts'
import { holdsMaps, isUserName, mapsIn, usersAsKeys, usersUnderUsers } from './users-as-keys.ts'

/** Whether a column may hold the user by its name and cell: an `id` only if it looks like one of Okta's. */
function isUserCell(column: string, cell: Cell): boolean {
  return userNames.includes(plainName(column)) && (plainName(column) !== 'id' || isUserId(String(cell)))
}

/** Names of keys that hold the people whom a record is about, whoever else it names. */
const peopleMeant =
  /^(leavers?|leaving|offboard\w*|terminat\w*|departures?|joiners?|newhires?|employees?|users?|members?|people|persons?|staff|accounts?|colleagues?)$/
const leaver =
  /^(leavers?|leaving|offboard\w*|terminatedusers?|terminatedemployees?|departing\w*|joiners?|newhires?)$/

/**
 * The key under which a record holds users other than its own: in a list, as keys of an object, or as the leaver. The
 * record may be about them instead. Null if there is no such key.
 *
 * @param user the column of the record's own user, which is not searched
 */
export function listOfUsers(cells: ReadonlyMap<string, Cell>, user: string): string | null {
  for (const [key, cell] of cells) {
    // A key that is itself a user is another user than the record's own.
    if (key !== user && isUserName(key)) return key
    if (typeof cell !== 'object' || cell === null || user === key || user.startsWith(`${key}.`)) continue
    // People whose addresses are values are left to the search for rival columns, which names the right column.
    if (holdsOthers(key, cell, 0) && namedUsers(key, cell).length === 0) return key
    const found = listsIn(new Map([[key, cell]]), (inner) =>
      [...inner].some(([one, value]) => isUserCell(one, value)),
    )
    if (found.length > 0) return key
  }
  return null
}

function holdsOthers(key: string, cell: object, depth: number): boolean {
  const name = plainName(key)
  if (isOtherPersons(key)) return false
  if (Array.isArray(cell)) {
    if (cell.length > 0 && peopleMeant.test(name)) return true
    return cell.some((one) => [...(cellsOf(one)?.keys() ?? [])].some(isUserName))
  }
  const inside = Object.entries(cell)
  if (inside.length > 0 && (leaver.test(name) || inside.some(([one]) => isUserName(one)))) return true
  return (
    depth < 3 &&
    inside.some(
      ([one, value]) => typeof value === 'object' && value !== null && holdsOthers(one, value, depth + 1),
    )
  )
}

/** Whether an object has the user's column. */
type HasUser = (cells: ReadonlyMap<string, Cell>) => boolean

function holdsUser(value: unknown, hasUser: HasUser): boolean {
  const cells = cellsOf(value)
  return cells !== null && hasUser(cells)
}

/** The paths, as jq writes them, of lists in which objects have the user's column. */
function listsIn(cells: ReadonlyMap<string, Cell>, hasUser: HasUser, depth = 0): string[] {
  return [...cells].flatMap(([key, cell]) => {
    const path = jqKey(key)
    if (Array.isArray(cell)) return cell.some((one) => holdsUser(one, hasUser)) ? [path] : []
    const inside = depth < 3 ? cellsOf(cell) : null
    return inside === null ? [] : listsIn(inside, hasUser, depth + 1).map((rest) => path + rest)
  })
}

/**
 * Refuses a file of one object that is not a record but holds the records: a list of them under a key, or each under a
 * key of its own. Fields next to the list describe the list: if the object were taken as a record, the list's author
 * would be acted on, and nobody in the list.
 *
 * @param isListed whether the object is the only element of a list
 */
export function refuseEnvelope(
  name: string,
  cells: ReadonlyMap<string, Cell>,
  { hasUser, isListed }: { readonly hasUser: HasUser; readonly isListed: boolean },
): void {
  const place = isListed ? '[0]' : ''
  const maps = mapsIn(cells, place)
  const lists = listsIn(cells, hasUser).map((list) => place + list)
  const [list] = lists
  if (list !== undefined && hasUser(cells))
    throw new Refusal(
      `${name}: the record names a user, and also contains a list of users under ${shownList(lists)}. It is not clear which of them to act on.`,
      'To act on the user next to the list, take the list out of the record. To act on those in the list, use a file that contains only the list.',
    )
  const isInMap = maps.some(({ path }) => lists.some((one) => one.startsWith(path)))
  if (!hasUser(cells) && (isInMap || maps.some(holdsMaps))) throw usersUnderUsers(name, maps)
  if (list !== undefined)
    throw new Refusal(
      `${name}: the file is one object that contains ${lists.length === 1 ? 'a list' : 'lists'} of users, under ${shownList(lists)}; a file with only the list was expected.`,
      takeOut(lists, 'nothing', standsAlone(cells, list) && holdsObjectsOnly(cells, list)),
    )
  if (hasUser(cells)) return
  const people = [...cells].filter(([, cell]) => holdsUser(cell, hasUser))
  const isAllMap = maps.some(({ path }) => path === place)
  if (maps.length > 0 && (isAllMap || people.length === 0)) throw usersAsKeys(name, maps, cells)
  if (people.length < 2) return
  const keys = people.map(([key]) => key)
  if (keys.some(isUserName))
    throw new Refusal(
      `${name}: the record contains ${people.length} users under keys of their own, and some of these keys are users as well: ${shownList(keys)}. It is not clear which of them to act on.`,
      giveThoseMeant,
    )
  if (keys.every(isNumberOrId))
    throw new Refusal(
      `${name}: the file is one object that contains ${people.length} users, each under a key of its own, such as ${shown(keys[0] ?? '')}; a list was expected.`,
      `Make a list of them: jq '[.${place}[]]' FILE > LIST.json, and use that file as the input.`,
    )
  throw new Refusal(
    `${name}: the record contains ${people.length} users under keys of their own: ${shownList(keys)}. It is not clear which of them to act on.`,
    nameOne(people.flatMap(([key, cell]) => pathsOf(key, cell, hasUser))),
  )
}

/** Whether a key only numbers or identifies its user. A word would say what the user is to the record. */
function isNumberOrId(key: string): boolean {
  return (
    /^[\W_]*\p{L}{0,3}[\W_]*\d[\d\W_]*$/u.test(key) ||
    isUserId(key) ||
    key.includes('@') ||
    /^[0-9a-f]{8}-?[0-9a-f-]{24,27}$/i.test(key)
  )
}

/** The dotted name of the user inside an object: that of the first key that may hold it. Empty if there is none. */
function pathsOf(key: string, cell: Cell, hasUser: HasUser): string[] {
  const cells = [...(cellsOf(cell) ?? [])]
  return cells
    .filter(([inner, value]) => hasUser(new Map([[inner, value]])))
    .slice(0, 1)
    .map(([inner]) => `${key}.${inner}`)
}

/** The flag to add, complete if only one of the names is not about somebody else, such as a manager. */
function nameOne(paths: readonly string[]): string {
  const likely = paths.filter((path) => !isOtherPersons(path))
  const [only = ''] = likely
  const inJob = '(in a job file: user_column)'
  if (likely.length === 1)
    return `Add --user-column ${shellWord(only)} ${inJob} if that is the user to act on, or another of ${shownList(paths)}. Nobody under the other keys is acted on.`
  return `Add --user-column NAME ${inJob} with the one of ${shownList(paths)} that is the user to act on; nobody under the other keys is acted on. If each key is a user of the list, write them as a list of objects.`
}
