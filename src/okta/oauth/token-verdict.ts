import { type Answered, describeAnswer } from '../answer.ts'
import type { Received } from '../exchange.ts'
import { singleHeader } from '../rate-limit.ts'
import { Secret } from '../secret.ts'
import { toAnswer } from '../to-answer.ts'
import type { TokenEndpointLoss, TokenOutcome } from './grant.ts'
import { type AskedFor, explainRefusal, scopesMissing } from './token-refusal.ts'
import type { TokenAnswer } from './token-request.ts'

/** What must be known about a request to judge its answer. */
export interface SentRequest {
  readonly withProof: boolean
  /** Whether Okta's clock was known when it was sent. If so, another try with the right time can't help. */
  readonly clockKnown: boolean
  /** How far Okta's clock turned out to be from the time that was sent, in ms; null if the answer does not show it. */
  readonly clockOffMs: number | null
  /** When it was sent, by the monotonic clock. */
  readonly askedAt: number
}

/**
 * What to do next.
 * - `prove`: the app uses DPoP: ask again with a proof.
 * - `nonce`: ask again with a proof that has this nonce.
 * - `clock`: ask again with the time that is known now.
 * - `narrow`: ask again without the dispensable scopes.
 * - `wait`: a rate limit, Okta's or that of something on the way: ask again when it is over.
 */
export type TokenVerdict =
  | { readonly kind: 'ended'; readonly outcome: TokenOutcome }
  | { readonly kind: 'prove' }
  | { readonly kind: 'nonce'; readonly nonce: string }
  | { readonly kind: 'clock' }
  | { readonly kind: 'narrow' }
  | { readonly kind: 'wait'; readonly answer: Answered }

/** A difference up to this, in ms, can come from counting whole seconds: the clock is not wrong. */
const roundingMs = 2_000

const oauthErrors: ReadonlySet<string> = new Set([
  'access_denied',
  'consent_required',
  'invalid_client',
  'invalid_dpop_proof',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'use_dpop_nonce',
])

const scopeErrors: ReadonlySet<string> = new Set(['access_denied', 'consent_required', 'invalid_scope'])

/** Judges one answer of the token endpoint. */
export function judgeTokenAnswer(
  answer: TokenAnswer,
  received: Received,
  sent: SentRequest,
  asked: AskedFor,
): TokenVerdict {
  if (answer.kind === 'granted') return { kind: 'ended', outcome: granted(answer, sent, asked) }
  if (received.kind === 'lost') {
    return away({ code: received.code, why: `no access token could be obtained: ${received.why}` })
  }
  const seen = toAnswer(received)
  if (seen.kind === 'answered' && seen.httpStatus === 429) return { kind: 'wait', answer: seen }
  const isOktas = seen.kind === 'answered' && (seen.requestId !== null || seen.rateLimit !== null)
  if (answer.kind === 'strange' || !(isOktas || oauthErrors.has(answer.refusal.error))) {
    const redirected = received.httpStatus >= 300 && received.httpStatus < 400
    const why = `no access token could be obtained: ${describeAnswer(seen)}`
    return away({ code: redirected ? 'TOKEN_REDIRECTED' : 'TOKEN_ENDPOINT', why })
  }
  const { refusal } = answer
  const nonce = singleHeader(received.headers['dpop-nonce'])
  if (refusal.error === 'use_dpop_nonce' && nonce !== undefined) return { kind: 'nonce', nonce }
  const aboutTime = refusal.error === 'invalid_client' || sent.withProof
  if (aboutTime && !sent.clockKnown && Math.abs(sent.clockOffMs ?? 0) > roundingMs) return { kind: 'clock' }
  if (refusal.error === 'invalid_dpop_proof' && !sent.withProof) return { kind: 'prove' }
  if (scopeErrors.has(refusal.error) && asked.dispensable.length > 0) return { kind: 'narrow' }
  return { kind: 'ended', outcome: { kind: 'refused', refusal: explainRefusal(refusal, asked) } }
}

function granted(
  { body }: Extract<TokenAnswer, { kind: 'granted' }>,
  { askedAt }: SentRequest,
  asked: AskedFor,
): TokenOutcome {
  // Source: RFC 6749, section 5.1: an answer without `scope` grants what was asked for.
  const scopes = body.scope?.split(' ') ?? asked.scopes
  const missing = asked.scopes.filter(
    (scope) => !scopes.includes(scope) && !asked.dispensable.includes(scope),
  )
  if (missing.length > 0) return { kind: 'refused', refusal: scopesMissing(missing, asked) }
  const grant = {
    accessToken: new Secret(body.access_token),
    scheme: body.token_type === 'dpop' ? ('DPoP' as const) : ('Bearer' as const),
    askedAt,
    // Source: Okta's guide: an access token of the org's authorization server lives an hour.
    lifeMs: (body.expires_in ?? 3600) * 1000,
  }
  return { kind: 'granted', grant }
}

function away(loss: TokenEndpointLoss): TokenVerdict {
  return { kind: 'ended', outcome: { kind: 'away', loss } }
}
