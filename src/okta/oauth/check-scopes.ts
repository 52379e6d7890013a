import { Refusal } from '../../messages/known-error.ts'
import type { Credentials } from '../credentials.ts'
import { claimsOf } from '../token-claims.ts'
import { howToSpell, misspelledIn, unknownScopes } from './nearest-scope.ts'

/** The scopes of credentials: those that are set, or that an access token names. Null if the credentials don't say. */
export function scopesOf(credentials: Credentials): readonly string[] | null {
  if (credentials.kind === 'service_app') return credentials.scopes
  const scopes = claimsOf(credentials.authorization.reveal())?.scp
  return Array.isArray(scopes) ? scopes.map(String) : null
}

/** How to get scopes that are missing, as an imperative that starts a sentence. */
export function howToGetScopes(credentials: Credentials, missing: readonly string[]): string {
  const names = missing.join(' and ')
  const misspelled = misspelledIn(scopesOf(credentials) ?? []).filter(({ meant }) => missing.includes(meant))
  if (credentials.kind === 'service_app' && misspelled.length > 0)
    return `${howToSpell(misspelled)}, because ${unknownScopes(misspelled)}`
  return credentials.kind === 'service_app'
    ? `Add ${names} to OKTA_CLIENT_SCOPES, or leave that setting out`
    : `Get an access token with ${names}`
}

/**
 * Makes sure, before anything is sent, that the credentials themselves do not rule the work out. Whether Okta has
 * granted the scopes, only Okta can tell.
 *
 * A scope to manage something covers the one to read it. Source: Okta's guide "Implement OAuth for Okta", under "Scope
 * naming": "The available scopes exist in a hierarchy, so that the `manage` scopes can do everything that the `read`
 * scopes do, but more"; its table of scopes says of `okta.users.manage` "Allows the app to create and manage users and
 * read all profile and credential information for users".
 *
 * @see https://developer.okta.com/docs/guides/implement-oauth-for-okta/scopes
 * @param needed as `scopesFor` gives them
 * @param byPlan whether a saved plan is about to be carried out, which takes no flags for guards
 * @throws Refusal when the credentials name their scopes, and a needed one is not among them
 */
export function checkScopes(credentials: Credentials, needed: readonly string[], byPlan = false): void {
  const scopes = scopesOf(credentials)
  if (scopes === null) return
  const isCovered = (scope: string): boolean =>
    scopes.includes(scope) || scopes.includes(scope.replace(/\.read$/, '.manage'))
  const missing = needed.filter((scope) => !isCovered(scope))
  if (missing.length === 0) return
  const guard = missing.includes('okta.roles.read')
    ? `. Without okta.roles.read this program can't find out who is an administrator; ${withoutGuard(byPlan)}`
    : ''
  throw new Refusal(
    `The credentials lack ${missing.join(' and ')}, which this work needs.`,
    `${howToGetScopes(credentials, missing)}${guard}`,
  )
}

function withoutGuard(byPlan: boolean): string {
  const inJob = 'in a job guards.protect_admins: false'
  return byPlan
    ? `plan again without that guard: okta-lifecycle plan … --no-protect-admins --out plan.json (${inJob})`
    : `--no-protect-admins (${inJob}) turns that guard off`
}
