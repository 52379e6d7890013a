import { type Action, ruleOf } from './actions.ts'
import { type Answer, type AnswerBody, type Answered, isOktas, parseOktaError } from './answer.ts'

/**
 * What an answer to a lifecycle call means for its task.
 *
 * - `applied`: Okta accepted the call.
 * - `rate_limited`, `concurrency_limited`: certainly not applied; the budget says when to send again.
 * - `not_applied`: certainly not applied, for a passing reason; send again later.
 * - `in_transition`: certainly not applied, because an earlier change to the user is still under way (E0000112).
 * - `wrong_status`: refused, apparently because of the user's status; a read shows the truth.
 * - `no_permission`: a refusal that names the credentials. It concerns this user or, if many come in a row, the token.
 * - `bad_credentials`: Okta's own 401; nothing can be sent any more.
 * - `refused`: any other refusal; the task has failed.
 * - `in_doubt`: it may have been applied. `settleAtOnce` if Okta itself answered, so that nothing is still under way.
 */
export type Outcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'rate_limited' }
  | { readonly kind: 'concurrency_limited' }
  | { readonly kind: 'not_applied' }
  | { readonly kind: 'in_transition' }
  | { readonly kind: 'wrong_status' }
  | { readonly kind: 'no_permission' }
  | { readonly kind: 'bad_credentials' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'in_doubt'; readonly settleAtOnce: boolean }

/**
 * Whether the answer shows Okta's limit on simultaneous requests: a 429 with `limit` 0 and `remaining` 0. Its
 * reset means nothing.
 */
export function isConcurrencyLimit(answer: Answered): boolean {
  return answer.httpStatus === 429 && answer.rateLimit?.limit === 0 && answer.rateLimit.remaining === 0
}

const credentialErrors: ReadonlySet<string> = new Set([
  'insufficient_scope',
  'invalid_token',
  'invalid_dpop_proof',
])

/**
 * Whether a refusal other than 401 concerns the credentials and not the call. Source: E0000006 of Okta's catalogue;
 * OAuth refusals name their reason in `www-authenticate`, with 400 or 403, sometimes with an empty body
 * (okta-sdk-nodejs issues 424 and 453).
 */
function speaksOfCredentials({ httpStatus, error, authenticate }: Answered): boolean {
  if (httpStatus < 400 || httpStatus >= 500) return false
  if (httpStatus === 403 && error?.errorCode === 'E0000006') return true
  // Some answers name the error in the body alone.
  return [authenticate, error?.errorCode].some((name) => name != null && credentialErrors.has(name))
}

/**
 * Whether Okta itself refuses the credentials. A 401 from a proxy says nothing about that, nor whether the proxy passed
 * the call on first.
 */
export function refusesCredentials(answer: Answered): boolean {
  return answer.httpStatus === 401 && (isOktas(answer) || answer.authenticate !== null)
}

/**
 * Whether a body is Okta's answer to an accepted lifecycle call: `{}`, or an activation link. Nobody else sends exactly
 * that, so it counts even without Okta's headers.
 */
function saysDone(body: AnswerBody): boolean {
  if (body.kind !== 'json' || Array.isArray(body.value)) return false
  return Object.keys(body.value).every((name) => name === 'activationUrl' || name === 'activationToken')
}

const doubt = { kind: 'in_doubt', settleAtOnce: false } as const

/** Classifies the answer to a lifecycle call, by HTTP status and error code together, as Okta advises. */
export function classifyLifecycle(action: Action, answer: Answer): Outcome {
  if (answer.kind === 'unanswered') {
    return answer.mayHaveBeenSent ? { kind: 'in_doubt', settleAtOnce: false } : { kind: 'not_applied' }
  }
  const { httpStatus, error, body } = answer
  if (httpStatus >= 200 && httpStatus < 300) {
    // The status says that it was accepted, and the body that it was not.
    if (parseOktaError(body) !== null) return doubt
    // An HTML page, or an empty answer without Okta's headers, is from a proxy or portal: nobody knows what that did
    // with the call.
    return saysDone(body) || (body.kind !== 'unreadable' && isOktas(answer)) ? { kind: 'applied' } : doubt
  }
  // Okta never redirects a lifecycle call. Whatever redirected this one may have passed it on first.
  if (httpStatus >= 300 && httpStatus < 400) return doubt
  if (httpStatus === 429) {
    return isConcurrencyLimit(answer) ? { kind: 'concurrency_limited' } : { kind: 'rate_limited' }
  }
  if (httpStatus === 401) return refusesCredentials(answer) ? { kind: 'bad_credentials' } : doubt
  if (httpStatus >= 500) {
    if (error?.errorCode === 'E0000010') return { kind: 'not_applied' }
    return { kind: 'in_doubt', settleAtOnce: httpStatus === 500 && error !== null }
  }
  if (httpStatus === 408) return doubt
  if (error?.errorCode === 'E0000112') return { kind: 'in_transition' }
  if (speaksOfCredentials(answer)) return { kind: 'no_permission' }
  const { refusal } = ruleOf(action)
  if (refusal !== null && httpStatus === refusal.httpStatus && error?.errorCode === refusal.errorCode) {
    return { kind: 'wrong_status' }
  }
  // For any action, an unknown id and a DEPROVISIONED user can look the same. A read tells them apart.
  if (httpStatus === 404 && error?.errorCode === 'E0000007') return { kind: 'wrong_status' }
  // A refusal from something between us and Okta may concern the call, or only Okta's answer to it.
  return isOktas(answer) ? { kind: 'refused' } : doubt
}

/**
 * What an answer to a read means.
 *
 * - `found`: the body has the form of what was asked for.
 * - `not_found`: there is no such user.
 * - `again`: a passing failure. Reading again does no harm.
 */
export type ReadOutcome =
  | 'found'
  | 'not_found'
  | 'rate_limited'
  | 'concurrency_limited'
  | 'again'
  | 'no_permission'
  | 'bad_credentials'
  | 'refused'

/**
 * Whether a body has the form of an answer to a read: an object with an id, a list, or a list as the `value` of an
 * object.
 */
function hasForm(body: AnswerBody): boolean {
  if (body.kind !== 'json') return false
  const { value } = body
  return Array.isArray(value) || 'id' in value || ('value' in value && Array.isArray(value.value))
}

/** Classifies the answer to a GET. */
export function classifyRead(answer: Answer): ReadOutcome {
  if (answer.kind === 'unanswered') return 'again'
  const { httpStatus, error, body } = answer
  if (httpStatus >= 200 && httpStatus < 300) return httpStatus === 200 && hasForm(body) ? 'found' : 'again'
  if (httpStatus === 429) return isConcurrencyLimit(answer) ? 'concurrency_limited' : 'rate_limited'
  if (httpStatus === 401) return refusesCredentials(answer) ? 'bad_credentials' : 'again'
  if (httpStatus === 404 && error?.errorCode === 'E0000007') return 'not_found'
  if (speaksOfCredentials(answer)) return 'no_permission'
  // An answer that is not Okta's says nothing about the user.
  if (httpStatus >= 500 || httpStatus === 408 || httpStatus < 400) return 'again'
  return body.kind === 'unreadable' || !isOktas(answer) ? 'again' : 'refused'
}
