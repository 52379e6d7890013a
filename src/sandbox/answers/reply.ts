import { errorBody, type OktaError } from './okta-error.ts'

/** An answer of the API before it is written. */
export interface Reply {
  readonly httpStatus: number
  /** JSON; empty if the answer has no body. */
  readonly body: string
  /** Names and values in turn, in addition to those that every answer has. */
  readonly headers: readonly string[]
}

const noHeaders: readonly string[] = []

/** An answer with a JSON value. */
export function jsonReply(value: unknown, headers: readonly string[] = noHeaders): Reply {
  return { httpStatus: 200, body: JSON.stringify(value), headers }
}

/** The answer that says only that the call was carried out: `{}`. */
export const emptyObject: Reply = { httpStatus: 200, body: '{}', headers: noHeaders }

/** The answer to a delete. */
export const noContent: Reply = { httpStatus: 204, body: '', headers: noHeaders }

/** An answer with an Okta error. */
export function errorReply(error: OktaError): Reply {
  const headers = error.errorCode === 'E0000011' ? ['www-authenticate', 'SSWS'] : noHeaders
  return { httpStatus: error.httpStatus, body: errorBody(error), headers }
}
