import { KnownError } from '../messages/known-error.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { RunFile } from './run-file.ts'

/**
 * The run with its token's owner, which must be the one that it was begun with.
 *
 * @param say gets a sentence for a person where the credentials have no owner
 * @throws KnownError where it is another
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
  throw new KnownError(
    `Run ${run.run_id} was begun with a token of ${before}; the token set now belongs to ${now}.`,
    'Set OKTA_CLIENT_TOKEN to a token of the same owner, then resume.',
  )
}
