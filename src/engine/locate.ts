import type { ValidRow } from '../input/row.ts'
import { type FailedRead, type FoundUser, readUser } from '../lookup/read-user.ts'
import { looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import type { TaskResult } from '../rules/result.ts'
import { skipForPreceding } from '../rules/row-order.ts'
import type { Place, Predecessor } from '../rules/user-order.ts'
import type { Services } from '../task/services.ts'

/** The user that a row means, and the latest read of that user. */
export interface Located {
  /** What calls go to: the id, or the key when users are not read. */
  readonly target: string
  /** The key under which the row's trace is kept; null if the row means no user. */
  readonly traceId: string | null
  /** What is known of the user without a read; null if nothing is. */
  readonly known: { readonly id: string; readonly login: string } | null
  readonly read: FoundUser | FailedRead | null
  /** The id that the row names, if that user could not be read; left out otherwise. */
  readonly unreadId?: string
}

/**
 * The user of a row that repeats the preceding row of the same key and the same user, which has just finished: it needs
 * no read. Null for every other row.
 */
export async function repeatedUser(
  { job, recorder }: Services,
  row: ValidRow,
  place: Place,
): Promise<Predecessor['user'] | null> {
  const predecessor = place.predecessor()
  if (predecessor === null || !job.read_first || recorder.state.isUnderWay(row.row)) return null
  if (skipForPreceding(row, predecessor.trace)?.reason !== 'duplicate') return null
  // Rows under other names of the user may lie between the two.
  await place.claim(predecessor.user)
  const preceding = place.preceding(predecessor.user.id)
  return skipForPreceding(row, preceding)?.reason === 'duplicate' ? predecessor.user : null
}

/** Finds the user that a row means, after the earlier rows that may mean the same user. */
export async function locate(
  services: Services,
  row: ValidRow,
  place: Place,
  recorded: readonly TaskResult[],
): Promise<Located> {
  const begun = begunWith(services, row, recorded)
  if (!services.job.read_first) {
    const target = begun?.id ?? row.user
    const traceId = normalizeUserKey(target)
    // Rows with the same key are finished by now. Without reads, only a row from an earlier execution may mean another
    // user.
    if (begun !== null) await place.claim({ id: traceId, login: '' })
    return { target, traceId, known: begun, read: null }
  }
  if (begun !== null) {
    // The login may belong to someone else by now, so a row that has begun goes on by the id.
    await place.claim(begun)
    return { target: begun.id, traceId: begun.id, known: begun, read: null }
  }
  const { reads, lookup } = services
  for (;;) {
    place.beginRead()
    const read = await reads.pass(row.row, async () => {
      const seen = await readUser(lookup, row.user, true)
      if (seen.kind !== 'found') return seen
      reads.allowed(row.row)
      services.witness.id = seen.user.id
      return seen
    })
    if (read.kind === 'failed') {
      const failed = { target: row.user, traceId: null, known: null, read }
      if (!looksLikeUserId(row.user)) return failed
      // The id is known all the same, and an earlier row under another name may have left that user in doubt.
      if (await place.claim({ id: row.user, login: '' })) continue
      return { ...failed, unreadId: row.user }
    }
    const waited = await place.claim(read.user)
    // Earlier rows may have changed the user meanwhile, even one that ended during this read.
    if (!waited) return { target: read.user.id, traceId: read.user.id, known: null, read }
  }
}

/** The user for whom an earlier execution began the row, or null. */
function begunWith(
  services: Services,
  row: ValidRow,
  recorded: readonly TaskResult[],
): { readonly id: string; readonly login: string } | null {
  const sentTo = services.recorder.state.userOf(row.row)
  if (sentTo !== null) return { id: sentTo.user_id, login: sentTo.login ?? '' }
  // With reads, a result without a login is of a row that was not judged: after a loss its call was looked into all the same.
  const isJudged = ({ okta_login: login }: TaskResult): boolean => login !== null || !services.job.read_first
  const result = recorded.find((known) => known.okta_user_id !== null && isJudged(known))
  if (result !== undefined) return { id: result.okta_user_id ?? row.user, login: result.okta_login ?? '' }
  return mayBeLost(services, row) ? (services.links?.userOf(row.row) ?? null) : null
}

/** Whether a lost part of the journal may hold a call of the row. */
function mayBeLost({ recorder }: Services, { row, actions }: ValidRow): boolean {
  return actions.some((_, index) => recorder.state.mayBeLostSince({ row, step: index + 1 }) !== null)
}
