/** What this program does: the seven lifecycle calls, and reading users. Source: Okta's reference names them per call. */
const usualScopes = ['okta.users.manage', 'okta.users.read'] as const

/** The scope that a guard needs besides, by its key in the job. Source: Okta's reference of the calls that it makes. */
const scopeOfGuard: Readonly<Record<string, string>> = {
  protect_admins: 'okta.roles.read',
  protect_groups: 'okta.groups.read',
}

/**
 * The scopes to ask for where none are set: the usual two, and what the guards that are on need.
 *
 * @param guards the guards of the job. One that is null, false or an empty list is off
 */
export function scopesFor(guards: object): readonly string[] {
  const needed = Object.entries(guards)
    .filter(([, value]) => value !== null && value !== false && !(Array.isArray(value) && value.length === 0))
    .flatMap(([name]) => scopeOfGuard[name] ?? [])
  return [...usualScopes, ...needed]
}
