import type { ValidRow } from '../input/row.ts'
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
   * Whether the token has lost the permission. `perhaps` if only users say so whom the run has deactivated: that may have
   * taken them out of the groups through which the token reaches them.
   */
  readonly isLost: 'no' | 'perhaps' | 'yes'
}

/**
 * Reads a few users again whose rows are done and whom Okta has shown in this run. As long as Okta shows one of them, the
 * token may read. If it refuses all of them, the token has lost the permission, however few others were refused. Users
 * whom the run has deactivated are asked for only if there are no others. Changes nothing.
 */
export async function askWitnesses({ work, rows }: ProbeInput, turn: number): Promise<Testimony> {
  const { recorder } = work.services
  // Whoever is held may have been led out of the token's reach by an earlier step.
  const isBegun = ({ row, actions }: ValidRow): boolean =>
    !work.reach.atWork.has(row) &&
    actions.some((_, index) => recorder.state.hasResult({ row, step: index + 1 }))
  const [inReach, deactivated]: [string[], string[]] = [[], []]
  for (const row of await spreadRows(rows(), isBegun, turn)) {
    const results = await recordedResults(work, row)
    const id = shownUser(results)
    if (id === null) continue
    const isGone = results.some(({ action, result }) => action === 'deactivate' && result === 'succeeded')
    const others = isGone ? deactivated : inReach
    others.push(id)
    if (inReach.length >= mostTried) break
  }
  const first = await ask(work, inReach)
  if (first.refused > 0 || first.allowed > 0) return { ...first, isLost: first.allowed > 0 ? 'no' : 'yes' }
  const second = await ask(work, deactivated)
  return { ...second, isLost: second.allowed > 0 || second.refused === 0 ? 'no' : 'perhaps' }
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
