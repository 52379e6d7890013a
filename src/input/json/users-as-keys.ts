import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownList } from '../../messages/shown.ts'
import { parseAction } from '../../okta/actions.ts'
import { plainName, userNames, withoutCase } from '../columns/column-names.ts'
import { checkUserKey, isUserId } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { cellsOf } from './nested.ts'
import { standsAlone, tellsWhat } from './stands-alone.ts'
import { giveThoseMeant, ifMeant, jqKey } from './take-out.ts'

/** An object whose keys are users, and the path to it, as jq writes it. */
export interface UserMap {
  readonly path: string
  readonly users: ReadonlyMap<string, Cell>
}

/** Whether a key of an object is an address or an id, and not a word about its user. */
export function isUserName(key: string): boolean {
  return isUserId(key) || ('key' in checkUserKey(key) && key.includes('@'))
}

/** The objects whose keys are users: the file itself, or objects inside it. */
export function mapsIn(cells: ReadonlyMap<string, Cell>, path = '', depth = 0): UserMap[] {
  if (cells.size > 0 && [...cells.keys()].every(isUserName)) return [{ path, users: cells }]
  return [...cells].flatMap(([key, cell]) => {
    const inside = depth < 3 ? cellsOf(cell) : null
    return inside === null ? [] : mapsIn(inside, path + jqKey(key), depth + 1)
  })
}

/** Whether a map's users have other users as keys under them: the map may be one of managers. */
export function holdsMaps({ users }: UserMap): boolean {
  return [...users.values()].some((cell) => mapsIn(cellsOf(cell) ?? new Map()).length > 0)
}

/** The refusal of keys that are users and have other users under them: a person has to say whom to act on. */
export function usersUnderUsers(name: string, maps: readonly UserMap[]): Refusal {
  const [{ users } = { users: new Map<string, Cell>() }] = maps
  const [first = ''] = users.keys()
  return new Refusal(
    `${name}: users are keys of an object, such as ${shown(first)}, and there are other users under them. It is not clear which of them to act on.`,
    giveThoseMeant,
  )
}

/**
 * The refusal of an object whose keys are the users. Under each of them there may be facts about the user, or a word.
 *
 * @param cells the object that holds the maps
 */
export function usersAsKeys(
  name: string,
  maps: readonly UserMap[],
  cells: ReadonlyMap<string, Cell>,
): Refusal {
  const [map = { path: '', users: new Map<string, Cell>() }] = maps
  const { path, users } = map
  const [first = ''] = users.keys()
  const isWhole = path === '' || path === '[0]'
  const where = isWhole
    ? 'the file is one object whose keys are the users'
    : `the users are keys of the object under ${shownList(maps.map((one) => one.path))}`
  const filter = maps.length === 1 && (isWhole || standsAlone(cells, path)) ? listFrom(map) : null
  return new Refusal(
    `${name}: ${where}, such as ${shown(first)}; a list of objects was expected.`,
    filter === null
      ? giveThoseMeant
      : `${ifMeant(path, 'Make a list of them')}: jq ${shellWord(filter)} FILE > LIST.json, and use that file as the input.`,
  )
}

/**
 * The jq filter that makes a list of a map of users, with the key and the fields of each. The keys are left out if a
 * field says the same. If the fields name another user, the list has two columns of users, and a person has to choose
 * one. Null if the values under the keys may say who is to be left alone.
 */
function listFrom(map: UserMap): string | null {
  const { path, users } = map
  if (namesItself(map)) return `[.${path}[]]`
  const entry = entryOf([...users.values()])
  return entry === null ? null : `${path === '' ? '' : `.${path} | `}to_entries | map(${entry})`
}

function entryOf(values: readonly Cell[]): string | null {
  const objects = values.map(cellsOf)
  if (values.every((value, index) => value === null || objects[index] !== null)) {
    const fields = new Set(objects.flatMap((cells) => [...(cells?.keys() ?? [])]))
    const free = ['user', 'login', 'username', 'email', 'user_id'].find((field) => !fields.has(field))
    if (free === undefined) return null
    return `{${free}: .key} + ${values.includes(null) ? '(.value // {})' : '.value'}`
  }
  if (values.every((value) => typeof value === 'string' && parseAction(value) !== null))
    return '{user: .key, action: .value}'
  // The same word for all says nothing about any one of them.
  const [first] = values
  const isSame = typeof first === 'string' && first !== '' && values.every((value) => value === first)
  return isSame && !isNo(first) ? '{user: .key, value: .value}' : null
}

/** Whether a word may say that its user is to be left alone. */
function isNo(text: string): boolean {
  return tellsWhat(text) || /^\W*(no|n|false|0|nein|non|off|none|null|inactive|done)\W*$/i.test(text)
}

function namesItself({ users }: UserMap): boolean {
  return [...users].every(([key, cell]) => {
    const named = [...(cellsOf(cell) ?? [])].filter(([field]) => userNames.includes(plainName(field)))
    return (
      named.length > 0 &&
      named.every(([, value]) => typeof value === 'string' && withoutCase(value) === withoutCase(key))
    )
  })
}
