import { listFactorsRequest, readUserRequest } from '../okta/request.ts'
import { type OktaUser, parseFactorTimes, parseUser } from '../okta/user.ts'
import { type FailedRead, failedRead } from './failed-read.ts'
import { type LookupParts, pacedGet } from './paced-get.ts'

export type { FailedRead } from './failed-read.ts'

/** A user as read, and the time of the read. */
export interface FoundUser {
  readonly kind: 'found'
  readonly user: OktaUser
  /** Epoch milliseconds by Okta's clock, never later than the moment that the answer describes. */
  readonly readAt: number
  readonly httpStatus: number
  readonly requestId: string | null
}

/**
 * Reads a user by id, login or short name. Passing failures are tried again.
 *
 * @param ahead whether the read is for later work and can wait
 * @throws RunStopped as {@link pacedGet} does
 */
export async function readUser(
  parts: LookupParts,
  userKey: string,
  ahead = false,
): Promise<FoundUser | FailedRead> {
  let readAt = 0
  const beforeSending = (): void => {
    readAt = parts.clock.nowAtLeast()
  }
  const got = await pacedGet(parts, readUserRequest(userKey), { ahead, beforeSending })
  const what = `user ${userKey}`
  if ('failed' in got) return failedRead(got.outcome, got.failed, what)
  const user = parseUser(got.found)
  if (user === null) {
    return failedRead('refused', got.found, what, "Okta's answer was not a user that can be understood")
  }
  const { httpStatus, requestId } = got.found
  return { kind: 'found', user, readAt, httpStatus, requestId }
}

/** The creation times of a user's enrolled factors, in epoch ms. Failures and errors as for {@link readUser}. */
export async function readFactorTimes(
  parts: LookupParts,
  userId: string,
): Promise<readonly number[] | FailedRead> {
  const got = await pacedGet(parts, listFactorsRequest(userId))
  const what = `the factors of user ${userId}`
  if ('failed' in got) return failedRead(got.outcome, got.failed, what)
  const times = parseFactorTimes(got.found)
  return times ?? failedRead('refused', got.found, what, "Okta's answer was not a list of factors")
}
