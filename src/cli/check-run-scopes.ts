import { checkScopes } from '../okta/oauth/check-scopes.ts'
import { scopesFor } from '../okta/oauth/scopes.ts'
import { adminProtection } from '../rules/guards.ts'
import { guardedInput } from '../run/guarded-input.ts'
import type { RunFile } from '../run/run-file.ts'
import type { RunOrg } from './org.ts'

/**
 * Makes sure, before a run begins or goes on, that its credentials alone do not rule it out.
 *
 * @throws Refusal as {@link checkScopes} does
 */
export function checkRunScopes({ connection }: Pick<RunOrg, 'connection'>, run: RunFile): void {
  const { guards } = run.job
  const { actions } = guardedInput(run)
  // A guard that has nothing to judge in this input needs no scope.
  const protectsAdmins = adminProtection(guards.protect_admins, actions) !== 'nothing'
  const needed = scopesFor({ ...guards, protect_admins: protectsAdmins })
  checkScopes(connection.credentials, needed, run.plan !== undefined && run.state === 'new')
}
