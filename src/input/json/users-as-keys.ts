import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownList } from '../../messages/shown.ts'
import { plainName, userNames, withoutCase } from '../columns/column-names.ts'
import { checkUserKey, isUserId } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { cellsOf } from './nested.ts'
import { ifMeant, jqKey } from './take-out.ts'

/** An object whose keys are users, and the path to it, as jq writes it. */
export interface UserMap {
  readonly path: string
  readonly users: ReadonlyMap<string, Cell>
}

/** Whether a key of an object is an address or an id, and not a word about its user. */
export function isUserName(key: string): boolean {
  return isUserId(key) || ('key' in checkUserKey(key) && key.includes('@'))
}

/** The objects whose keys are users: the file itself, or what stands in it. */
export function mapsIn(cells: ReadonlyMap<string, Cell>, path = '', depth = 0): UserMap[] {
  if (cells.size > 0 && [...cells.keys()].every(isUserName)) return [{ path, users: cells }]
  return [...cells].flatMap(([key, cell]) => {
    const inside = depth < 3 ? cellsOf(cell) : null
    return inside === null ? [] : mapsIn(inside, path + jqKey(key), depth + 1)
  })
}

/** Whether other users stand as keys under one of a map: its keys may be their managers. */
export function holdsMaps({ users }: UserMap): boolean {
  return [...users.values()].some((cell) => mapsIn(cellsOf(cell) ?? new Map()).length > 0)
}

/** The refusal of keys that are users where others stand under them: a person has to say who is meant. */
export function usersUnderUsers(name: string, maps: readonly UserMap[]): Refusal {
  const [{ users } = { users: new Map<string, Cell>() }] = maps
  const [first = ''] = users.keys()
  return new Refusal(
    `${name}: users are keys of an object, such as ${shown(first)}, and other users stand under them. Which of them are meant has to be said.`,
    'Give a list of objects with those who are meant alone, such as [{"user":"ada@example.com"}].',
  )
}

/** The refusal of an object whose keys are the users. What stands under them may be facts about each, or a word. */
export function usersAsKeys(name: string, maps: readonly UserMap[]): Refusal {
  const [{ path, users } = { path: '', users: new Map<string, Cell>() }] = maps
  const [first = ''] = users.keys()
  const list = (from: string): string => listFrom(from, maps)
  if (path === '' || path === '[0]')
    return new Refusal(
      `${name}: the file is one object whose keys are the users, such as ${shown(first)}; a list of objects was expected.`,
      `Make a list of them: jq ${shellWord(list(path))} FILE > LIST.json, and give that file.`,
    )
  const paths = maps.map((map) => map.path)
  return new Refusal(
    `${name}: the users are keys of the object under ${shownList(paths)}, such as ${shown(first)}; a list of objects was expected.`,
    maps.length === 1
      ? `${ifMeant(path, 'Make a list of them')}: jq ${shellWord(list(path))} FILE > LIST.json, and give that file.`
      : `Make a list of the one whose users are meant: jq ${shellWord(list('KEY'))} FILE > LIST.json, with one of ${shownList(paths)} for KEY, and give that file. Nobody in the others is acted on.`,
  )
}

/** The jq filter that makes a list of a map of users. Where their fields say the same as the keys, these can go. */
function listFrom(path: string, maps: readonly UserMap[]): string {
  if (maps.every(namesItself)) return `[.${path}[]]`
  return `${path === '' ? '' : `.${path} | `}to_entries | map(${withKey(maps)})`
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

/**
 * What jq makes of an entry: the key and the fields, neither lost. Where the fields name a user as well, the list has two
 * columns of users, and who reads it has to say which is meant.
 */
function withKey(maps: readonly UserMap[]): string {
  const values = maps.flatMap(({ users }) => [...users.values()].map(cellsOf))
  const fields = new Set(values.flatMap((cells) => [...(cells?.keys() ?? [])]))
  const free = ['user', 'login', 'username', 'email', 'user_id'].find((field) => !fields.has(field)) ?? 'key'
  return `{${free}: .key} + ${values.every((cells) => cells !== null) ? '.value' : '{value: .value}'}`
}
