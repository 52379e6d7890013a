import type { FailedRead, FoundUser } from '../lookup/read-user.ts'
import type { Answer } from '../okta/answer.ts'
import type { LinkFate, ResultName, SkipReason, VerificationResult } from '../rules/result.ts'

/** Okta's last answer about a task, for its result. */
export interface LastWord {
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly requestId: string | null
}

/** How a task ends, without the parts that every result has. */
export interface Ending {
  readonly result: ResultName
  readonly message: string
  readonly reason?: SkipReason
  readonly statusAfter?: string | null
  /** Left out if the call was not to be verified. */
  readonly verified?: VerificationResult
  /** Set if the action was applied and its activation link, which the job asked for, is nowhere to be found. */
  readonly activationLink?: LinkFate
}

/** What an ending says about the activation link of an applied call; nothing if the job asks for none. */
export type LinkEnding = Pick<Ending, 'message' | 'activationLink'>

/** An ending with what is known about its activation link. */
export function withLink(ending: Ending, { message, activationLink }: LinkEnding): Ending {
  const said = { ...ending, message: ending.message + message }
  // Any other result needs somebody anyway.
  return activationLink === undefined || ending.result !== 'succeeded' ? said : { ...said, activationLink }
}

/** An answer or a read, reduced to what results show. */
export function lastWordOf(said: Answer | FoundUser | FailedRead): LastWord {
  switch (said.kind) {
    case 'answered':
      return {
        httpStatus: said.httpStatus,
        errorCode: said.error?.errorCode ?? null,
        requestId: said.requestId,
      }
    case 'unanswered':
      return { httpStatus: null, errorCode: null, requestId: null }
    case 'found':
      return { httpStatus: said.httpStatus, errorCode: null, requestId: said.requestId }
    case 'failed':
      return { httpStatus: said.httpStatus, errorCode: said.errorCode, requestId: said.requestId }
  }
}
