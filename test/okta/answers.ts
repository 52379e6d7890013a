import { type Answered, parseBody, parseOktaError, type Unanswered } from '../../src/okta/answer.ts'
import { parseRateLimit } from '../../src/okta/rate-limit.ts'

/** An answer as the client would make it of a status, a body and headers. */
export function answerOf(
  httpStatus: number,
  text = '{}',
  headers: Readonly<Record<string, string>> = {},
): Answered {
  const body = parseBody(text)
  return {
    kind: 'answered',
    httpStatus,
    rateLimit: parseRateLimit(headers),
    requestId: 'req-1',
    body,
    error: parseOktaError(body),
    location: null,
    authenticate: null,
    retryAfterMs: null,
  }
}

/** The same of somebody in between: without anything that Okta's answers bear. */
export function strangersAnswer(httpStatus: number, text = '', location: string | null = null): Answered {
  return { ...answerOf(httpStatus, text), requestId: null, location }
}

/** Okta's error object as text. */
export function errorText(errorCode: string, errorSummary = 'No.', causes: readonly string[] = []): string {
  return JSON.stringify({
    errorCode,
    errorSummary,
    errorLink: errorCode,
    errorId: 'oaeExample',
    errorCauses: causes.map((cause) => ({ errorSummary: cause })),
  })
}

/** An answer that is an error of Okta's. */
export function refusalOf(httpStatus: number, errorCode: string): Answered {
  return answerOf(httpStatus, errorText(errorCode))
}

/** No answer. */
export function noAnswer(mayHaveBeenSent: boolean): Unanswered {
  return { kind: 'unanswered', mayHaveBeenSent, code: 'UND_ERR_SOCKET', why: 'the connection was lost' }
}
