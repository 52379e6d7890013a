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
}

/**
 * Reads a few users again whom Okta has shown since their rows were done. As long as Okta shows one of them, the token may
 * read. If it refuses all of them, the token has lost the permission, however few others were refused. Changes nothing.
 */
export async function askWitnesses({ work, rows }: ProbeInput, turn: number): Promise<Testimony> {
  const { lookup, recorder } = work.services
  // Whoever is held may have been led out of the token's reach by an earlier step.
  const isBegun = ({ row, actions }: ValidRow): boolean =>
    !work.reach.atWork.has(row) &&
    actions.some((_, index) => recorder.state.hasResult({ row, step: index + 1 }))
  let [allowed, refused] = [0, 0]
  for (const row of await spreadRows(rows(), isBegun, turn)) {
    if (allowed > 0 || refused >= mostTried) break
    const id = shownAtLast(await recordedResults(work, row))
    if (id === null) continue
    const read = await readUserById(lookup, id)
    if (read.kind === 'found' || read.cause === 'not_found') allowed++
    else if (read.cause === 'no_permission') refused++
  }
  return { allowed, refused }
}

/**
 * The id of a user whom Okta has shown since the last result of its row; null if it has not. A deactivation may take its
 * user out of the groups through which the token reaches them, so only what was seen after it counts.
 */
function shownAtLast(results: readonly TaskResult[]): string | null {
  const last = results.at(-1)
  if (last === undefined) return null
  const { okta_user_id: id, okta_login: login, result, verified } = last
  if (verified === 'held') return id
  if (login === null) return null
  const isInReach = results.every(({ action }) => action !== 'deactivate')
  return result === 'unchanged' || (result === 'succeeded' && isInReach) ? id : null
}

/** Whether the token has lost the permission to read. */
export function isLost({ allowed, refused }: Testimony): boolean {
  return refused > 0 && allowed === 0
}
