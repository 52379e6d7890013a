import type { Credentials } from '../../okta/credentials.ts'
import { howToGetScopes, scopesOf } from '../../okta/oauth/check-scopes.ts'
import { claimsOf } from '../../okta/token-claims.ts'
import { type Check, fine, wrong } from './check.ts'

/** Judges how long a given access token is valid, by its own claims. `now` is in epoch ms by Okta's clock. */
export function judgeTokenLife(credentials: Credentials, now: number): readonly Check[] {
  if (credentials.kind !== 'token') return []
  const claims = claimsOf(credentials.authorization.reveal())
  if (typeof claims?.exp !== 'number') return []
  const minutes = Math.floor((claims.exp * 1000 - now) / 60_000)
  const fix =
    'Set a new access token; for unattended runs create a service app (OKTA_CLIENT_AUTHORIZATIONMODE=PrivateKey), whose tokens are renewed during the run'
  if (minutes < 0) return [wrong('token_life', 'The access token has expired.', fix)]
  if (minutes < 5) return [wrong('token_life', `The access token expires in ${minutes} min.`, fix)]
  return [
    fine(
      'token_life',
      `The access token expires in ${minutes} min. A run that takes longer stops with exit code 4 and can be resumed.`,
    ),
  ]
}

/** Whether the scopes suffice: those that are set, or that an access token names. */
export function judgeScopes(credentials: Credentials, needed: readonly string[]): readonly Check[] {
  const scopes = scopesOf(credentials)
  if (scopes === null) return []
  const missing = needed.filter((scope) => !scopes.includes(scope))
  if (missing.length === 0) return [fine('scopes', `The scopes suffice: ${scopes.join(' ')}.`)]
  return [
    wrong(
      'scopes',
      `The credentials lack ${missing.join(' and ')}, which a run needs.`,
      howToGetScopes(credentials, missing),
    ),
  ]
}
