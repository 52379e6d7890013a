import { errorReply, jsonReply, type Reply } from '../answers/reply.ts'
import type { ApiCall } from './endpoint.ts'
import { limitOf, nextUrl, pageOf, unknownCursor } from './page.ts'

/**
 * `GET /api/v1/iam/assignees/users`: everyone who has a role. Okta doesn't say whether that includes those who hold one
 * through a group; here it does not, so that no client relies on it. The next page's address is in the body.
 */
export function listAssignees(call: ApiCall): Reply {
  const directory = call.org.directory()
  const { table } = directory
  const limit = limitOf(call, 100, 100)
  if (typeof limit === 'object') return errorReply(limit)
  const after = call.query('after') ?? ''
  const last = after === '' ? -1 : directory.rowOf(after)
  if (after !== '' && last === -1) return errorReply(unknownCursor(after))
  const page = pageOf(withRoles(call, last), limit, (row) => table.id(row))
  const value = page.items.map((row) => ({
    id: table.id(row),
    orn: `orn:okta:directory:00o00000000sandbox00:users:${table.id(row)}`,
    _links: {
      self: { href: `${call.baseUrl}/api/v1/users/${table.id(row)}` },
      roles: { href: `${call.baseUrl}/api/v1/users/${table.id(row)}/roles` },
    },
  }))
  const _links = page.next === null ? {} : { next: { href: nextUrl(call, page.next) } }
  return jsonReply({ value, _links })
}

function* withRoles(call: ApiCall, last: number): Generator<number> {
  const directory = call.org.directory()
  for (const row of directory.rows(last)) if (directory.table.roles(row).length > 0) yield row
}
