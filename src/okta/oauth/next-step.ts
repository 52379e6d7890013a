/** What happened to one call of a service app so far. */
export interface CallHistory {
  /** How often the server asked for a nonce. */
  readonly nonces: number
  /** How often the call was sent again because the clock had been off. */
  readonly corrections: number
  /** How often it was refused with 401. */
  readonly rejections: number
}

/** What the answer to one sending says about the access token. */
export interface AuthorizationAnswer {
  readonly httpStatus: number
  /** The error that `www-authenticate` names. */
  readonly error: string | null
  /** Whether the answer brings a nonce. */
  readonly hasNonce: boolean
  /** Whether another call with the same token was accepted before. */
  readonly tokenProven: boolean
  /** Whether the time in the proof turned out to be off. */
  readonly clockMoved: boolean
}

/**
 * What to do after an answer: it is `final`, or the call is sent again, with a new proof (`again`) or with a new token
 * (`renew`). A call is sent again only if its answer shows that it was not carried out. Sources: RFC 9449, section 9,
 * for nonces; Okta's API answers 401 to a token that is expired or revoked.
 *
 * A token may be revoked at any moment, so a 401 is final only for a token that was requested after a 401. If other
 * calls were accepted with that token in the meantime, it was good and has been revoked too: it is renewed again.
 */
export function nextStep(answer: AuthorizationAnswer, history: CallHistory): 'final' | 'again' | 'renew' {
  const { httpStatus, error, hasNonce, tokenProven, clockMoved } = answer
  if (httpStatus < 400 || httpStatus > 499) return 'final'
  if (error === 'use_dpop_nonce') return hasNonce && history.nonces < 2 ? 'again' : 'final'
  if (error === 'invalid_dpop_proof' && clockMoved && history.corrections === 0) return 'again'
  if (error === 'insufficient_scope') return 'final'
  if (httpStatus !== 401 && error !== 'invalid_token') return 'final'
  return history.rejections === 0 || (tokenProven && history.rejections < 3) ? 'renew' : 'final'
}
