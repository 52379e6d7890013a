import type { Endpoint } from './endpoint.ts'

/**
 * The scope that an access token needs for a call. Source: Okta management OpenAPI specification, which names one for
 * each operation: `read` for operations that only read, `manage` for the rest.
 */
export function scopeOf({ method, path }: Pick<Endpoint, 'method' | 'path'>): string {
  const resource = /\/roles(?:\/|$)|^\/api\/v1\/iam\//.test(path)
    ? 'roles'
    : path.startsWith('/api/v1/groups')
      ? 'groups'
      : 'users'
  return `okta.${resource}.${method === 'GET' ? 'read' : 'manage'}`
}
