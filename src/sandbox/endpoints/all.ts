import { oktaError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import { credentialEndpoints } from './credentials.ts'
import { type Endpoint, endpoint, withUser } from './endpoint.ts'
import { factorEndpoints } from './factors.ts'
import { groupRoleEndpoints } from './group-roles.ts'
import { groupEndpoints } from './groups.ts'
import { lifecycleEndpoints } from './lifecycle.ts'
import { roleEndpoints } from './roles.ts'
import { userEndpoints } from './users.ts'

/** The sandbox has no applications, grants or sessions: these lists are empty, and ending sessions changes nothing. */
const emptyEndpoints: readonly Endpoint[] = [
  ...['appLinks', 'clients', 'grants', 'idps', 'devices', 'blocks'].map((name) =>
    endpoint('GET', `/api/v1/users/:user/${name}`, '/api/v1/users', (call) =>
      withUser(call, () => jsonReply([])),
    ),
  ),
  ...['sessions', 'grants'].map((name) =>
    endpoint('DELETE', `/api/v1/users/:user/${name}`, '/api/v1/users', (call) =>
      withUser(call, () => noContent),
    ),
  ),
]

/**
 * The endpoints, narrower paths first. Source of the buckets: Okta's own table of endpoints and counters, and a
 * recorded trace of them.
 */
export const endpoints: readonly Endpoint[] = [
  ...lifecycleEndpoints,
  ...credentialEndpoints,
  ...userEndpoints,
  ...factorEndpoints,
  ...roleEndpoints,
  ...groupRoleEndpoints,
  ...groupEndpoints,
  ...emptyEndpoints,
]

/**
 * Okta's answer to a path and method that it has no endpoint for. Below users and groups, a wrong method looks the same
 * as a path with one part too many, such as a login with a slash: 405.
 */
export function noEndpoint(path: string): Reply {
  const known = /^\/api\/v1\/(?:users|groups)(?:\/|$)/.test(path)
  return errorReply(oktaError(known ? 'E0000022' : 'E0000008'))
}
