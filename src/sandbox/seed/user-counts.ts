import { type KnownError, Refusal } from '../../messages/known-error.ts'
import { type UserStatus, userStatuses } from '../../okta/status.ts'

/** How many users have a status. */
export interface StatusCount {
  readonly status: UserStatus
  /** From 0. */
  readonly count: number
}

function unreadable(text: string): KnownError {
  return new Refusal(
    `--users ${JSON.stringify(text)} is neither a whole number from 0 nor a list like ACTIVE=400,SUSPENDED=50; the statuses are ${userStatuses.join(', ')}.`,
    'okta-lifecycle sandbox --users ACTIVE=400,SUSPENDED=50',
  )
}

/**
 * Reads `500` (users of all eight statuses in turn) or `ACTIVE=400,SUSPENDED=50`, in any letter case. Throws a
 * {@link KnownError} if it is neither.
 */
export function parseUserCounts(text: string): number | readonly StatusCount[] {
  if (/^\d+$/.test(text.trim())) return Number(text)
  return text.split(',').map((part) => {
    const match = /^\s*([a-z_]+)\s*=\s*(\d+)\s*$/i.exec(part)
    const status = userStatuses.find((known) => known === match?.[1]?.toUpperCase())
    if (status === undefined) throw unreadable(text)
    return { status, count: Number(match?.[2]) }
  })
}

/** The statuses of `count` users, each status in turn. */
export function* dealtStatuses(count: number, statuses: readonly UserStatus[]): Generator<UserStatus> {
  for (let index = 0; index < count; index += 1) yield statuses[index % statuses.length] ?? 'ACTIVE'
}

/** The statuses of users by number, one status after the other. */
export function* countedStatuses(counts: readonly StatusCount[]): Generator<UserStatus> {
  for (const { status, count } of counts) yield* dealtStatuses(count, [status])
}
