import type { RateLimit } from './rate-limit.ts'

/** Okta's error object, as far as it is used. */
export interface OktaError {
  readonly errorCode: string
  readonly errorSummary: string
  /** The summaries of `errorCauses`: the useful text of E0000001 stands there. */
  readonly causes: readonly string[]
}

/**
 * What the body of an answer is. `json` may be an object or a list; `unreadable` is anything that Okta's API does not
 * send: HTML, truncated JSON, a body beyond the size limit.
 */
export type AnswerBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: object }
  | { readonly kind: 'unreadable'; readonly why: string }

/** An HTTP answer, whoever gave it. */
export interface Answered {
  readonly kind: 'answered'
  /** Milliseconds for which the request waited for its connection before a byte could leave; absent where for none. */
  readonly connectedAfterMs?: number
  readonly httpStatus: number
  readonly rateLimit: RateLimit | null
  readonly requestId: string | null
  readonly body: AnswerBody
  /** Set where the body is Okta's error object. */
  readonly error: OktaError | null
  /** Of a redirect. */
  readonly location: string | null
  /**
   * The error that `www-authenticate` names, such as `insufficient_scope`; null when it names none.
   * Source: RFC 6750, section 3.1, and RFC 9449 for `invalid_dpop_proof`.
   */
  readonly authenticate: string | null
  /** What `retry-after` asks for, in milliseconds; null when it is absent. Okta never sends it; proxies do. */
  readonly retryAfterMs: number | null
}

/** No answer came. */
export interface Unanswered {
  readonly kind: 'unanswered'
  /** Whether a byte of the request may have left: if not, the call was certainly not applied. */
  readonly mayHaveBeenSent: boolean
  /** Milliseconds for which the request waited for its connection before a byte could leave; absent where for none. */
  readonly connectedAfterMs?: number
  /** The code of the cause (`ECONNREFUSED`, `UND_ERR_SOCKET` …); `TIMEOUT` for our own time limit. */
  readonly code: string
  /** For a person. Holds no secret. */
  readonly why: string
}

export type Answer = Answered | Unanswered

/** Reads a body that has arrived whole. Only objects and lists count as JSON: Okta's API sends nothing else. */
export function parseBody(text: string): AnswerBody {
  if (text.trim() === '') return { kind: 'empty' }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { kind: 'json', value }
  } catch {
    // Falls through: what is wrong with it does not matter, that it is not Okta's does.
  }
  return { kind: 'unreadable', why: describeText(text.trimStart()) }
}

/** What a text is that Okta's API does not send. */
function describeText(text: string): string {
  if (text.startsWith('<')) return 'HTML'
  return text.startsWith('{') || text.startsWith('[') ? 'broken JSON' : 'some text'
}

/**
 * Whether it is Okta's own answer, as far as an answer can tell: it bears Okta's request id or rate-limit headers, or
 * Okta's error object. What stands between us and Okta (a proxy, a load balancer, a sign-in page) has none of them.
 * Source: 98 in 100 of 2,304 recorded answers of orgs bear the request id; pages of the load balancer in front bear neither.
 */
export function isOktas({ requestId, rateLimit, error }: Answered): boolean {
  return requestId !== null || rateLimit !== null || (error !== null && /^E\d{7}$/.test(error.errorCode))
}

/** The origin of a redirect's target; null where it names none. Path and query may hold what is nobody's business. */
export function originOf(location: string | null): string | null {
  if (location === null || !URL.canParse(location)) return null
  const { origin } = new URL(location)
  return origin === 'null' ? null : origin
}

/** Okta's error object out of a body, or null where the body is none. OAuth's `error`/`error_description` counts too. */
export function parseOktaError(body: AnswerBody): OktaError | null {
  if (body.kind !== 'json') return null
  const value = body.value as Readonly<Record<string, unknown>>
  if (typeof value.errorCode === 'string') {
    const causes = Array.isArray(value.errorCauses) ? value.errorCauses : []
    return {
      errorCode: value.errorCode,
      errorSummary: textOf(value.errorSummary),
      causes: causes.map((cause: unknown) =>
        textOf((cause as { errorSummary?: unknown } | null)?.errorSummary),
      ),
    }
  }
  if (typeof value.error === 'string') {
    return { errorCode: value.error, errorSummary: textOf(value.error_description), causes: [] }
  }
  return null
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** One sentence on an answer, for messages: `Okta answered 403 E0000006: You do not have permission …`. */
export function describeAnswer(answer: Answer): string {
  if (answer.kind === 'unanswered') return answer.why
  const { httpStatus, error, body, location } = answer
  if (error !== null) {
    const causes = error.causes.filter((cause) => cause !== '')
    const text = causes.length > 0 ? `${error.errorSummary} (${causes.join('; ')})` : error.errorSummary
    return shorten(`Okta answered ${httpStatus} ${error.errorCode}: ${text}`)
  }
  if (httpStatus >= 300 && httpStatus < 400) {
    const target = originOf(location)
    return `the answer was ${httpStatus}, a redirect${target === null ? '' : ` to ${target}`}, which is not followed`
  }
  return `the answer was ${httpStatus} with ${describeBody(body)} in place of Okta's JSON`
}

function describeBody(body: AnswerBody): string {
  switch (body.kind) {
    case 'unreadable':
      return body.why
    case 'empty':
      return 'nothing'
    case 'json':
      return 'other JSON'
  }
}

/** The longest message kept of what a server says. */
const maxMessageLength = 400

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= maxMessageLength ? line : `${line.slice(0, maxMessageLength - 1)}…`
}
