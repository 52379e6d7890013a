import { Refusal } from '../messages/known-error.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { RunFile } from './run-file.ts'

/**
 * The run with the token's owner, who must be the same as when the run began.
 *
 * @param say gets a sentence for a person if the credentials have no owner
 * @throws KnownError when it is another owner
 */
export function withOwner(run: RunFile, owner: TokenOwner, say: (line: string) => void): RunFile {
  if (run.owner === null) {
    if (owner === null) say('The credentials belong to a service app: there is no owner to protect.')
    return { ...run, owner: owner ?? 'none' }
  }
  const before = run.owner === 'none' ? 'a service app' : run.owner.login
  const now = owner === null ? 'a service app' : owner.login
  const same = run.owner === 'none' ? owner === null : owner?.id === run.owner.id
  if (same) return run
  throw new Refusal(
    `Run ${run.run_id} began with a token of ${before}, but the token that is set now belongs to ${now}.`,
    'Set OKTA_CLIENT_TOKEN to a token of the same owner, then run the same command again.',
  )
}
