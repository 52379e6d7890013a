import type { ValidRow } from '../input/row.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { readUserById } from '../lookup/read-user.ts'
import { mostTried, spreadRows } from '../rules/probe.ts'
import type { TaskResult } from '../rules/result.ts'
import { recordedResults } from './done-rows.ts'
import type { ProbeInput } from './probe-candidates.ts'

/** What users whom Okta has shown in this run say about the permission to read. */
export interface Testimony {
  /** Reads that Okta answered, and reads that it refused although it has shown the user before. */
  readonly allowed: number
  readonly refused: number
  /**
   * Whether the token has lost the permission. `perhaps` if only users say so for whom something else may be the cause: a
   * deactivation may have taken them out of the groups through which the token reaches them, and whoever is held may have
   * left these groups since.
   */
  readonly isLost: 'no' | 'perhaps' | 'yes'
}

/**
 * Reads a few users again whom Okta has shown in this run. As long as Okta shows one of them, the token may read. If it
 * refuses all of them, the token has lost the permission, however few others were refused. Users whom the run has
 * deactivated are asked for only if there are no others, and last those who are held: that Okta shows these counts for
 * nothing, because they are what is asked about. Changes nothing.
 */
export async function askWitnesses({ work, rows }: ProbeInput, turn: number): Promise<Testimony> {
  const { state } = work.services.recorder
  const isAtWork = (row: number): boolean => work.reach.atWork.has(row)
  const isBegun = ({ row, actions }: ValidRow): boolean =>
    isAtWork(row) || actions.some((_, index) => state.hasResult({ row, step: index + 1 }))
  const [inReach, deactivated, held]: [string[], string[], string[]] = [[], [], []]
  for (const row of await spreadRows(rows(), isBegun, turn)) {
    const results = await recordedResults(work, row)
    const id = shownUser(results) ?? shownAtSending(state.userOf(row.row))
    if (id === null) continue
    const isGone = results.some(({ action, result }) => action === 'deactivate' && result === 'succeeded')
    const others = isAtWork(row.row) ? held : isGone ? deactivated : inReach
    others.push(id)
    if (inReach.length >= mostTried) break
  }
  const first = await ask(work, inReach)
  if (first.refused > 0 || first.allowed > 0) return { ...first, isLost: first.allowed > 0 ? 'no' : 'yes' }
  const second = await ask(work, deactivated)
  if (second.refused > 0 || second.allowed > 0)
    return { ...second, isLost: second.allowed > 0 ? 'no' : 'perhaps' }
  const { allowed, refused } = await ask(work, held)
  return { allowed: 0, refused, isLost: refused > 0 && allowed === 0 ? 'perhaps' : 'no' }
}

/** Reads users until Okta shows one or enough are refused. "No such user" is an answer too. */
async function ask(
  { services: { lookup } }: ProbeInput['work'],
  ids: readonly string[],
): Promise<Pick<Testimony, 'allowed' | 'refused'>> {
  let refused = 0
  for (const id of ids) {
    if (refused >= mostTried) break
    const read = await readUserById(lookup, id)
    if (read.kind === 'found' || read.cause === 'not_found') return { allowed: 1, refused }
    if (read.cause === 'no_permission') refused++
  }
  return { allowed: 0, refused }
}

/** The id of the user of a done row, if Okta has shown that user; otherwise null. */
function shownUser(results: readonly TaskResult[]): string | null {
  const last = results.at(-1)
  if (last === undefined) return null
  const { okta_user_id: id, okta_login: login, result, verified } = last
  const isShown = verified === 'held' || login !== null
  return isShown && (result === 'unchanged' || result === 'succeeded') ? id : null
}

/** The id of the user to whom a call was sent, if Okta had shown that user before; otherwise null. */
function shownAtSending(user: ReturnType<JournalState['userOf']>): string | null {
  return user === null || user.login === null ? null : user.user_id
}
