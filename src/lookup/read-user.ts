import { shown } from '../messages/shown.ts'
import type { Answer, Answered } from '../okta/answer.ts'
import { listFactorsRequest, readUserRequest } from '../okta/request.ts'
import { looksLikeUserId, type OktaUser, parseFactorTimes, parseUser } from '../okta/user.ts'
import { type FailedRead, failedRead } from './failed-read.ts'
import { type LookupParts, pacedGet } from './paced-get.ts'

export type { FailedRead } from './failed-read.ts'

/** A user as read, and the time of the read. */
export interface FoundUser {
  readonly kind: 'found'
  readonly user: OktaUser
  /** Epoch milliseconds by Okta's clock, never later than the moment that the answer describes. */
  readonly readAt: number
  /** The same moment as a mark of the lookup's clock. */
  readonly readMark: number
  readonly httpStatus: number
  readonly requestId: string | null
}

/**
 * Reads a user by id, login or short name. Passing failures are tried again. An answer to a key that has the form of an
 * id must be about that id, as for {@link readUserById}.
 *
 * @param ahead whether the read is for later work and can wait
 * @throws RunStopped as {@link pacedGet} does
 */
export async function readUser(
  parts: LookupParts,
  userKey: string,
  ahead = false,
): Promise<FoundUser | FailedRead> {
  return await read(parts, userKey, looksLikeUserId(userKey) ? userKey : null, ahead)
}

/**
 * Reads a user by id. An answer about another id, or about none, says nothing about this user: it is a passing failure,
 * such as a mix-up in something between here and Okta, and never a status. Where users are not read before they are
 * acted on, their keys stand for ids.
 *
 * @throws RunStopped as {@link pacedGet} does
 */
export async function readUserById(parts: LookupParts, id: string): Promise<FoundUser | FailedRead> {
  return await read(parts, id, looksLikeUserId(id) ? id : null, false)
}

/** @param id the id that an answer must be about; null if it may be about any user */
async function read(
  parts: LookupParts,
  userKey: string,
  id: string | null,
  ahead: boolean,
): Promise<FoundUser | FailedRead> {
  let readAt = 0
  let readMark = 0
  const beforeSending = (): void => {
    readAt = parts.clock.nowAtLeast()
    readMark = parts.clock.mark()
  }
  const isAbout = (answer: Answered): boolean => id === null || idIn(answer) === id
  const got = await pacedGet(parts, readUserRequest(userKey), { ahead, beforeSending, isAbout })
  const what = `user ${userKey}`
  if ('failed' in got) return failedRead(got.outcome, got.failed, what, whyFailed(got.failed, isAbout))
  const user = parseUser(got.found)
  if (user === null) {
    return failedRead('refused', got.found, what, "Okta's answer was not a user that can be understood")
  }
  const { httpStatus, requestId } = got.found
  return { kind: 'found', user, readAt, readMark, httpStatus, requestId }
}

/** Why a read failed; undefined if the answer itself says it. */
function whyFailed(answer: Answer, isAbout: (answer: Answered) => boolean): string | undefined {
  if (answer.kind !== 'answered' || answer.httpStatus !== 200 || isAbout(answer)) return undefined
  const other = idIn(answer)
  return other === null
    ? 'the answer was not about any user'
    : `the answer was about another user (${shown(other)})`
}

/** The id of whatever an answer is about; null if it has none. */
function idIn({ body }: Answered): string | null {
  if (body.kind !== 'json' || !('id' in body.value)) return null
  return typeof body.value.id === 'string' ? body.value.id : null
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
