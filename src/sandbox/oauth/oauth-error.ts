import type { Reply } from '../answers/reply.ts'

/** How an authorization server refuses. The names are those of RFC 6749 and RFC 9449, and Okta's `consent_required`. */
export type OAuthErrorName =
  | 'consent_required'
  | 'invalid_client'
  | 'invalid_dpop_proof'
  | 'invalid_request'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'use_dpop_nonce'

/** A refusal of the token endpoint. */
export interface OAuthError {
  readonly kind: 'refused'
  readonly httpStatus: number
  readonly error: OAuthErrorName
  readonly description: string
}

/** A refusal with the status that Okta gives it: 401 if the client is not who it claims to be, otherwise 400. */
export function refusal(error: OAuthErrorName, description: string): OAuthError {
  return { kind: 'refused', httpStatus: error === 'invalid_client' ? 401 : 400, error, description }
}

/** The refusal of a client id that no app has: 400, unlike the other `invalid_client` refusals. */
export const unknownClient: OAuthError = {
  ...refusal('invalid_client', "Invalid value for 'client_id' parameter."),
  httpStatus: 400,
}

/** A refusal as the token endpoint's answer. */
export function oauthErrorReply(
  { httpStatus, error, description }: OAuthError,
  headers: readonly string[] = [],
): Reply {
  return { httpStatus, body: JSON.stringify({ error, error_description: description }), headers }
}
