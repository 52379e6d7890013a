import { type OktaError, oktaError, validationError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import { parseExpression } from '../search/expression.ts'
import { type Attribute, compile } from '../search/match.ts'
import { userAttributes } from '../search/user-attributes.ts'
import type { UserTable } from '../store/user-table.ts'
import type { ApiCall } from './endpoint.ts'
import { limitOf, listReply, pageOf, unknownCursor } from './page.ts'
import { userJson } from './user-json.ts'

type Test = (row: number) => boolean

/** Okta's limit on users in one answer, which also applies if a client names no limit. */
const mostUsers = 200

/** `q`: the beginning of the first name, the last name or the e-mail address, of users who are not deactivated. */
function queryTest(table: UserTable, text: string): Test {
  const wanted = text.toLowerCase()
  const names = ['firstName', 'lastName', 'email']
  return (row) =>
    table.status(row) !== 'DEPROVISIONED' &&
    names.some((name) => String(table.attribute(row, name)).toLowerCase().startsWith(wanted))
}

/**
 * Which users a list has. `search` comes before `filter`, and `filter` before `q`; only `search` and `filter` show
 * deactivated users.
 */
function testOf(call: ApiCall, table: UserTable): Test | OktaError {
  const expression = call.query('search') || call.query('filter')
  if (expression !== undefined && expression !== '') {
    const parsed = parseExpression(expression)
    const test = parsed === null ? null : compile(parsed, userAttributes(table))
    return test ?? oktaError('E0000031')
  }
  const q = call.query('q')
  if (q !== undefined && q.trim() !== '') return queryTest(table, q.trim())
  return (row) => table.status(row) !== 'DEPROVISIONED'
}

/** A row with the key that a list is sorted by. */
interface Keyed {
  readonly row: number
  readonly key: string | number
}

function keyed(attribute: Attribute, row: number): Keyed {
  const value = attribute.read(row)
  if (typeof value === 'number' && !Number.isNaN(value)) return { row, key: value }
  return { row, key: typeof value === 'string' ? value.toLowerCase() : '' }
}

// Numbers come before texts, and rows with equal keys are in the order of creation.
function compareKeyed(one: Keyed, other: Keyed): number {
  if (one.key === other.key) return one.row - other.row
  if (typeof one.key !== typeof other.key) return typeof one.key === 'number' ? -1 : 1
  return one.key < other.key ? -1 : 1
}

/** The rows that come after `last` in the order that `sortBy` and `sortOrder` ask for. `last` -1: all rows. */
function sorted(rows: Iterable<number>, attribute: Attribute, down: boolean, last: number): number[] {
  const compare = (one: Keyed, other: Keyed): number => compareKeyed(one, other) * (down ? -1 : 1)
  // A cursor's user may be gone or no longer match: its place in the order stays.
  const cursor = last === -1 ? null : keyed(attribute, last)
  const rest = Array.from(rows, (row) => keyed(attribute, row)).filter(
    (one) => cursor === null || compare(one, cursor) > 0,
  )
  return rest.sort(compare).map(({ row }) => row)
}

function* filtered(rows: Iterable<number>, test: Test): Generator<number> {
  for (const row of rows) if (test(row)) yield row
}

/** `GET /api/v1/users`. */
export function listUsers(call: ApiCall): Reply {
  const directory = call.org.directory()
  const { table } = directory
  const limit = limitOf(call, mostUsers, mostUsers)
  if (typeof limit === 'object') return errorReply(limit)
  const test = testOf(call, table)
  if (typeof test === 'object') return errorReply(test)
  const after = call.query('after') ?? ''
  const last = after === '' ? -1 : directory.rowOf(after.slice(1))
  if (after !== '' && last === -1) return errorReply(unknownCursor(after))
  // Okta sorts what a search finds, and nothing else.
  const sortBy = call.query('search') ? (call.query('sortBy') ?? '') : ''
  const attribute = sortBy === '' ? undefined : userAttributes(table)(sortBy)
  if (attribute === null) return errorReply(validationError('sortBy', [`sortBy: Invalid property ${sortBy}`]))
  const rows = filtered(directory.rows(attribute === undefined ? last : -1), test)
  const down = call.query('sortOrder')?.toLowerCase() === 'desc'
  const rest = attribute === undefined ? rows : sorted(rows, attribute, down, last)
  // Okta's cursors look like this: `200u…` for the user `00u…`.
  const page = pageOf(rest, limit, (row) => `2${table.id(row)}`)
  return listReply(call, page, (row) => userJson(table.read(row), call.baseUrl, true))
}
