import { randomBytes } from 'node:crypto'

/**
 * The errors that the sandbox answers with: HTTP status and summary.
 * Source: Okta's error code catalogue; recorded traffic if there is any.
 */
const catalogue = {
  E0000001: { httpStatus: 400, errorSummary: 'Api validation failed' },
  E0000003: { httpStatus: 400, errorSummary: 'The request body was not well-formed.' },
  E0000006: {
    httpStatus: 403,
    errorSummary: 'You do not have permission to perform the requested action',
  },
  E0000007: { httpStatus: 404, errorSummary: 'Not found' },
  E0000008: { httpStatus: 404, errorSummary: 'The requested path was not found' },
  E0000009: { httpStatus: 500, errorSummary: 'Internal Server Error' },
  E0000010: { httpStatus: 503, errorSummary: 'Service is in read only mode' },
  E0000011: { httpStatus: 401, errorSummary: 'Invalid token provided' },
  E0000014: { httpStatus: 403, errorSummary: 'Update of credentials failed' },
  E0000016: { httpStatus: 403, errorSummary: 'Activation failed because the user is already active' },
  E0000021: {
    httpStatus: 415,
    errorSummary: 'Bad request.  Accept and/or Content-Type headers likely do not match supported values.',
  },
  E0000022: { httpStatus: 405, errorSummary: 'The endpoint does not support the provided HTTP method' },
  E0000023: {
    httpStatus: 403,
    errorSummary: 'Operation failed because user profile is mastered under another system',
  },
  E0000031: { httpStatus: 400, errorSummary: 'Invalid search criteria.' },
  E0000032: { httpStatus: 403, errorSummary: 'Unlock is not allowed for this user.' },
  E0000038: {
    httpStatus: 403,
    errorSummary: "This operation is not allowed in the user's current status.",
  },
  E0000047: { httpStatus: 429, errorSummary: 'API call exceeded rate limit due to too many requests.' },
  E0000060: { httpStatus: 501, errorSummary: 'Unsupported operation.' },
  E0000090: { httpStatus: 409, errorSummary: 'The role specified is already assigned to the user.' },
  E0000112: {
    httpStatus: 409,
    errorSummary:
      'Cannot update this user because they are still being activated. Please try again in a few minutes.',
  },
} as const satisfies Record<string, { httpStatus: number; errorSummary: string }>

/** A code of Okta's error catalogue that the sandbox may answer with. */
export type OktaErrorCode = keyof typeof catalogue

/** An Okta error before it has an `errorId`. */
export interface OktaError {
  readonly httpStatus: number
  readonly errorCode: OktaErrorCode
  readonly errorSummary: string
  readonly causes: readonly string[]
}

/** An error of the catalogue. `detail` follows the summary after a colon; `causes` are the `errorCauses`. */
export function oktaError(
  errorCode: OktaErrorCode,
  detail: string | null = null,
  causes: readonly string[] = [],
): OktaError {
  const { httpStatus, errorSummary } = catalogue[errorCode]
  return {
    httpStatus,
    errorCode,
    errorSummary: detail === null ? errorSummary : `${errorSummary}: ${detail}`,
    causes,
  }
}

/** The refusal of a body or parameter: `field` is the first wrong one, `causes` say why. */
export function validationError(field: string, causes: readonly string[]): OktaError {
  return oktaError('E0000001', field, causes)
}

/** Okta's error for an id that does not exist; `kind` is Okta's name for the kind of object, such as `UserGroup`. */
export function notFound(id: string, kind: string): OktaError {
  return oktaError('E0000007', `Resource not found: ${id} (${kind})`)
}

/** Okta's error for a user key that names nobody, and for a deactivate on a DEPROVISIONED user. */
export function userNotFound(key: string): OktaError {
  return notFound(key, 'User')
}

/** The JSON body of an error, with an `errorId` of its own. */
export function errorBody(error: OktaError): string {
  return JSON.stringify({
    errorCode: error.errorCode,
    errorSummary: error.errorSummary,
    errorLink: error.errorCode,
    errorId: `oae${randomBytes(16).toString('base64url')}`,
    errorCauses: error.causes.map((errorSummary) => ({ errorSummary })),
  })
}
