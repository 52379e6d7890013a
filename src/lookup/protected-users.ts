import { trimInvisible } from '../input/key/trim.ts'
import { checkUserKey } from '../input/key/user-key.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shown } from '../messages/shown.ts'
import type { StopReason } from '../messages/stop.ts'
import { looksLikeUserId } from '../okta/user.ts'
import type { ProtectedUsers } from '../rules/guards.ts'
import type { LookupParts } from './paced-get.ts'
import { readUser } from './read-user.ts'

/**
 * Looks up the users that a job protects, before the first call. Entries follow the same rules as keys of the input,
 * and each must name a user that the org knows: a wrong entry would silently protect nobody. Patterns are not looked
 * up.
 *
 * @throws RunStopped for an entry that protects nobody or may protect nobody; the message names it
 */
export async function lookUpProtected(
  parts: LookupParts,
  entries: readonly string[],
): Promise<ProtectedUsers> {
  const ids = new Map<string, string>()
  const kept: string[] = []
  for (const text of entries) {
    const entry = trimInvisible(text)
    kept.push(entry)
    if (entry.includes('*')) {
      const why = problemOfPattern(entry)
      if (why !== null) throw parts.stop.because(protectsNobody(text, why))
      continue
    }
    const id = await lookUp(parts, text, entry)
    if (id !== null) ids.set(id, entry)
  }
  return { ids, entries: kept }
}

/**
 * Why a pattern can match nobody; null if it can match. It is judged as the key that it would match, because no look-up
 * shows that it matches nobody.
 */
function problemOfPattern(pattern: string): string | null {
  if (/[\p{Cc}\p{Cf}\s]/u.test(pattern)) return 'it contains an invisible character'
  const check = checkUserKey(pattern.replaceAll('*', 'any'))
  return 'problem' in check ? `as a key, with "any" for each *, ${check.problem}` : null
}

/** The id of an entry's user; null if the token may not read that user and comparing ids and logins is enough. */
async function lookUp(parts: LookupParts, text: string, entry: string): Promise<string | null> {
  const { stop, say } = parts
  const check = checkUserKey(entry)
  if ('problem' in check) throw stop.because(protectsNobody(text, check.problem))
  const read = await readUser(parts, check.key)
  if (read.kind === 'found') return read.user.id
  if (read.cause === 'not_found') throw stop.because(protectsNobody(text, 'there is no such user in the org'))
  const comparable = looksLikeUserId(entry) || entry.includes('@')
  if (read.cause !== 'no_permission' || !comparable) throw stop.because(protectsNobody(text, read.message))
  say(
    `The token may not read ${shown(entry)} from guards.protect. The entry still protects by comparison with ids and logins.`,
  )
  return null
}

function protectsNobody(entry: string, why: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The entry ${shown(entry)} in guards.protect may protect nobody: ${why}. Nothing is sent until the entry is corrected.`,
    advice: {
      kind: 'fix',
      fix: `Correct the entry ${shown(entry)} in the job and start a new run, or give the token the right to read that user`,
    },
  }
}
