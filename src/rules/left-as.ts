import { isUserStatus, type UserStatus } from '../okta/status.ts'
import type { OktaUser } from '../okta/user.ts'
import type { GuardVerdict } from './guards.ts'

/** How a run's own call left a user. */
export interface LeftAs {
  /** The statuses that the call may have led to. */
  readonly statuses: readonly UserStatus[]
  /** The span in which the call was applied, in epoch milliseconds by Okta's clock. */
  readonly from: number
  readonly until: number
}

/** The columns of an undo's input that hold a {@link LeftAs}. */
export const leftAsColumns = ['left_as', 'changed_from', 'changed_until'] as const

/** The column of an undo's input that names the run that left the user in this state. Absent from older inputs. */
export const takenBackColumn = 'run_taken_back'

/** A {@link LeftAs} as cells, in the order of {@link leftAsColumns}. */
export function cellsOfLeftAs({ statuses, from, until }: LeftAs): readonly string[] {
  return [statuses.join(' '), new Date(from).toISOString(), new Date(until).toISOString()]
}

/** Reads the cells back; null if they can't be understood. */
export function parseLeftAs(cells: ReadonlyMap<string, unknown>): LeftAs | null {
  const [as = '', from = '', until = ''] = leftAsColumns.map((column) => String(cells.get(column) ?? ''))
  const names = as.split(' ')
  const statuses = names.filter((name) => isUserStatus(name))
  const times = { from: Date.parse(from), until: Date.parse(until) }
  if (statuses.length !== names.length || Number.isNaN(times.from) || Number.isNaN(times.until)) return null
  return { statuses, ...times }
}

/**
 * Keeps a task of an undo from being sent when the user is not as the run left it. Null if the user still is: the
 * status is the same, and dates from when the call was applied. Okta shows whole seconds, rounded down.
 *
 * @param left how the run left the user; null if that can't be read
 * @param run the run that left the user in this state
 */
export function judgeLeftAs(
  left: LeftAs | null,
  { status, statusChanged }: Pick<OktaUser, 'status' | 'statusChanged'>,
  run: string,
): GuardVerdict | null {
  const now = `user is now ${status}${statusChanged === null ? '' : ` since ${statusChanged}`}`
  const leave = (message: string): GuardVerdict => ({ reason: 'changed_since_run', message })
  if (left === null) return leave(`how run ${run} left this user can't be read; ${now} and is left alone`)
  const { statuses, from, until } = left
  const changed = statusChanged === null ? Number.NaN : Date.parse(statusChanged)
  const isOurs = changed >= Math.floor(from / 1000) * 1000 && changed <= until
  if (statuses.includes(status) && isOurs) return null
  // A whole second is what Okta showed, and what the reports of that run say.
  const isShown = from % 1_000 === 0 && until - from < 1_000
  const then = new Date(isShown ? from : until).toISOString()
  return leave(
    `run ${run} left this user ${statuses.join(' or ')} at ${then}; ${now}, so somebody else has changed the user, who is left alone`,
  )
}
