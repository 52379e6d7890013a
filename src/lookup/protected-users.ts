import { checkUserKey, stripInvisible } from '../input/user-key.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shown } from '../messages/shown.ts'
import type { StopReason } from '../messages/stop.ts'
import { looksLikeUserId } from '../okta/user.ts'
import type { ProtectedUsers } from '../rules/guards.ts'
import type { LookupParts } from './paced-get.ts'
import { readUser } from './read-user.ts'

/**
 * Looks up whom a job protects, before the first call. An entry is judged as a key of the input is, and must name a user
 * that the org knows: one that names nobody protects nobody, and would do so without a word. Patterns are not looked up.
 *
 * @throws RunStopped for an entry that protects nobody, or may not, naming it
 */
export async function lookUpProtected(
  parts: LookupParts,
  entries: readonly string[],
): Promise<ProtectedUsers> {
  const ids = new Map<string, string>()
  const kept: string[] = []
  for (const text of entries) {
    const entry = stripInvisible(text)
    kept.push(entry)
    if (entry.includes('*')) {
      if (/[\p{Cc}\p{Cf}\s]/u.test(entry))
        throw parts.stop.because(protectsNobody(text, 'it holds a character that cannot be seen'))
      continue
    }
    const id = await lookUp(parts, text, entry)
    if (id !== null) ids.set(id, entry)
  }
  return { ids, entries: kept }
}

/** The id of an entry's user; null where the token may not read it and comparing the entry with logins and ids will do. */
async function lookUp(parts: LookupParts, text: string, entry: string): Promise<string | null> {
  const { stop, say } = parts
  const check = checkUserKey(entry)
  if ('problem' in check) throw stop.because(protectsNobody(text, check.problem))
  const read = await readUser(parts, check.key)
  if (read.kind === 'found') return read.user.id
  if (read.cause === 'not_found') throw stop.because(protectsNobody(text, 'the org knows no such user'))
  const comparable = looksLikeUserId(entry) || entry.includes('@')
  if (read.cause !== 'no_permission' || !comparable) throw stop.because(protectsNobody(text, read.message))
  say(
    `${shown(entry)} in guards.protect may not be read with this token; it is protected by comparing it with ids and logins.`,
  )
  return null
}

function protectsNobody(entry: string, why: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The entry ${shown(entry)} in guards.protect may protect nobody: ${why}. A guard that can't be checked holds, so nothing was sent.`,
    advice: {
      kind: 'fix',
      fix: `Correct the entry ${shown(entry)} in the job and start a new run, or give the token the right to read that user`,
    },
  }
}
