import { type ForeignAction, foreignActions } from './org.ts'

/** Where a request leads. `key` is decoded. */
export type Route =
  | { readonly kind: 'list' }
  | { readonly kind: 'user'; readonly key: string }
  | { readonly kind: 'factors'; readonly key: string }
  | { readonly kind: 'roles'; readonly key: string }
  | { readonly kind: 'assignees' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'members'; readonly group: string }
  | { readonly kind: 'action'; readonly key: string; readonly action: ForeignAction }
  | { readonly kind: 'unknown_path' }
  | { readonly kind: 'wrong_method' }

/**
 * Reads method and raw path as Okta's front does: dot segments, also encoded ones, are resolved away (so
 * `/users/.` is the list), and an encoded slash in a user key makes another path, which answers 405.
 */
export function routeOf(method: string, path: string): Route {
  if (/^\/api\/v1\/users\/[^/?]*%2f/i.test(path)) return { kind: 'wrong_method' }
  if (!path.startsWith('/')) return { kind: 'unknown_path' }
  const { pathname } = new URL(`http://foreign-org.example.com${path}`)
  if (pathname === '/api/v1/iam/assignees/users') return only('GET', method, { kind: 'assignees' })
  const ofGroup = /^\/api\/v1\/groups\/(?<group>[^/]+)(?<members>\/users)?$/.exec(pathname)?.groups
  if (ofGroup?.group !== undefined) {
    const { group, members } = ofGroup
    return only('GET', method, { kind: members === undefined ? 'group' : 'members', group })
  }
  const parts = /^\/api\/v1\/users(?:\/(?<key>[^/]*)(?:\/(?<rest>.*))?)?$/s.exec(pathname)?.groups
  if (parts === undefined) return { kind: 'unknown_path' }
  const key = decode(parts.key ?? '')
  const rest = parts.rest
  if (key === null) return { kind: 'unknown_path' }
  if (key === '' && rest === undefined) return only('GET', method, { kind: 'list' })
  if (rest === undefined) return only('GET', method, { kind: 'user', key })
  if (rest === 'factors') return only('GET', method, { kind: 'factors', key })
  if (rest === 'roles') return only('GET', method, { kind: 'roles', key })
  const action = foreignActions.find((name) => rest === `lifecycle/${name}`)
  if (action === undefined) return { kind: 'unknown_path' }
  return only('POST', method, { kind: 'action', key, action })
}

function only(expected: string, method: string, route: Route): Route {
  return method === expected ? route : { kind: 'wrong_method' }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
