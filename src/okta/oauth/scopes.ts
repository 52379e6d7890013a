/** What this program does: the seven lifecycle calls, and reading users. Source: Okta's reference names them per call. */
const usualScopes = ['okta.users.manage', 'okta.users.read'] as const

/**
 * Those of some scopes that only a guard needs. An app that was not granted them is let in without them: the guard then
 * finds that it can't be checked, and says what to do.
 */
export function guardScopesOf(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !usualScopes.some((usual) => usual === scope))
}

/** The guards that need a scope besides. Absent or null: as without a job. */
interface ScopedGuards {
  readonly protect_admins?: boolean | null
  readonly protect_groups?: readonly string[] | null
}

/**
 * The scopes to ask for where none are set: the usual two, and what the guards that are on need.
 *
 * Source: Okta's reference of the calls that the guards make.
 *
 * @param guards the guards of the job. Administrators are protected unless it says false
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
