import { type Answer, describeAnswer } from '../okta/answer.ts'
import type { ReadOutcome } from '../okta/classify.ts'

/** Why a read failed. `unreadable`: every try failed for passing reasons. */
type FailedReadCause = 'not_found' | 'no_permission' | 'refused' | 'unreadable'

/** A read that failed. */
export interface FailedRead {
  readonly kind: 'failed'
  readonly cause: FailedReadCause
  readonly message: string
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly requestId: string | null
  readonly answer: Answer
}

/**
 * Describes a read that failed.
 *
 * @param what what was read, for a person: `user ada@example.com`
 * @param why what Okta answered, if the answer itself does not say it
 */
export function failedRead(
  outcome: Exclude<ReadOutcome, 'found'>,
  answer: Answer,
  what: string,
  why = describeAnswer(answer),
): FailedRead {
  const answered = answer.kind === 'answered' ? answer : null
  return {
    kind: 'failed',
    cause: causeOf(outcome),
    message:
      outcome === 'not_found' ? `${what} was not found in this org` : `${what} could not be read: ${why}`,
    httpStatus: answered?.httpStatus ?? null,
    errorCode: answered?.error?.errorCode ?? null,
    requestId: answered?.requestId ?? null,
    answer,
  }
}

function causeOf(outcome: Exclude<ReadOutcome, 'found'>): FailedReadCause {
  return outcome === 'not_found' || outcome === 'no_permission' || outcome === 'refused'
    ? outcome
    : 'unreadable'
}
