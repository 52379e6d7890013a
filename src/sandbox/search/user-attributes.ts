import { timeFields, type UserTable } from '../store/user-table.ts'
import type { Attribute, Attributes } from './match.ts'

function timeOf(table: UserTable, path: string): Attribute | null {
  const field = timeFields.find((name) => name === path)
  return field === undefined ? null : { kind: 'time', read: (row) => table.time(row, field) }
}

function profileOf(table: UserTable, path: string): Attribute | null {
  const name = /^profile\.([A-Za-z_]\w*)$/.exec(path)?.[1]
  return name === undefined ? null : { kind: 'text', read: (row) => table.attribute(row, name) }
}

/**
 * What `search` and `filter` may ask about a user. Okta's `filter` allows fewer; a client that keeps to those is
 * understood too.
 */
export function userAttributes(table: UserTable): Attributes {
  return (path) => {
    // Letter case counts in ids.
    if (path === 'id') return { kind: 'exact', read: (row) => table.id(row) }
    if (path === 'status') return { kind: 'text', read: (row) => table.status(row) }
    return timeOf(table, path) ?? profileOf(table, path)
  }
}
