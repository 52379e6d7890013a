/**
 * The scopes for the seven lifecycle calls and for reading users. Source: Okta's reference names the scopes of each
 * call.
 */
const usualScopes = ['okta.users.manage', 'okta.users.read'] as const

/**
 * The scopes in a list that only a guard needs. An app that was not granted them gets a token without them: the guard
 * then finds that it can't be checked, and says what to do.
 */
export function guardScopesOf(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !usualScopes.some((usual) => usual === scope))
}

/** The guards that need a scope of their own. An absent or null value gives the same scopes as a run without a job. */
interface ScopedGuards {
  readonly protect_admins?: boolean | null
  readonly protect_groups?: readonly string[] | null
}

/**
 * The scopes to ask for if none are set: the usual two, and those that the active guards need.
 *
 * Source: Okta's reference for the calls that the guards make.
 *
 * @param guards the guards of the job. Administrators are protected unless `protect_admins` is false
 */
export function scopesFor({
  protect_admins: admins,
  protect_groups: groups,
}: ScopedGuards): readonly string[] {
  return [
    ...usualScopes,
    ...(admins === false ? [] : ['okta.roles.read']),
    ...((groups?.length ?? 0) === 0 ? [] : ['okta.groups.read']),
  ]
}
