import type { Endpoint } from './endpoint.ts'

/**
 * Whether scopes allow a call. Source: Okta's guide "Implement OAuth for Okta", under "Scope naming": a `manage` scope
 * can do everything that the `read` scope does, and more.
 *
 * @param needed as {@link scopeOf} names it
 */
export function allowCall(scopes: readonly string[], needed: string): boolean {
  return scopes.includes(needed) || scopes.includes(needed.replace(/\.read$/, '.manage'))
}

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
