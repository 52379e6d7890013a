import { maskedLine } from './mask-secrets.ts'
import type { TokenRefusal } from './oauth/grant.ts'
import type { RateLimit } from './rate-limit.ts'

/** The parts of Okta's error object that the program uses. */
export interface OktaError {
  readonly errorCode: string
  readonly errorSummary: string
  /** The summaries of `errorCauses`, which hold the useful text of E0000001. */
  readonly causes: readonly string[]
}

/**
 * The body of an answer. `json` is an object or a list. `unreadable` is anything that Okta's API does not send: HTML,
 * truncated JSON, a body beyond the size limit.
 */
export type AnswerBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: object }
  | { readonly kind: 'unreadable'; readonly why: string }

/** An HTTP answer, from Okta or from anything on the way to it, such as a proxy. */
export interface Answered {
  readonly kind: 'answered'
  /** Milliseconds that the request waited for a connection before a byte could leave; absent if it did not wait. */
  readonly connectedAfterMs?: number
  readonly httpStatus: number
  /** When it was given, by the clock of whoever gave it, in epoch ms and whole seconds; absent if it does not say. */
  readonly date?: number
  readonly rateLimit: RateLimit | null
  readonly requestId: string | null
  readonly body: AnswerBody
  /** Okta's error object in the body; null if there is none. */
  readonly error: OktaError | null
  /** The target of a redirect. */
  readonly location: string | null
  /**
   * The error that `www-authenticate` names, such as `insufficient_scope`; null if it names none. Source: RFC 6750,
   * section 3.1, and RFC 9449 for `invalid_dpop_proof`.
   */
  readonly authenticate: string | null
  /**
   * The wait that `retry-after` asks for, in milliseconds; null if the header is absent. Okta never sends it; proxies
   * do.
   */
  readonly retryAfterMs: number | null
  /**
   * The address of a list's next page, from the `link` header; null if the header names one in a form that can't be
   * understood; absent if it names none.
   */
  readonly nextPage?: string | null
  /** True if the call had been refused with 401 and was sent again with a new access token. */
  readonly withNewToken?: true
}

/** The code of a request that was not sent, because it might no longer leave. */
export const withdrawn = 'WITHDRAWN'

/** Whether a request was called off before a byte of it had left. */
export function wasWithdrawn(answer: Answer): boolean {
  return answer.kind === 'unanswered' && answer.code === withdrawn
}

/** No answer came. */
export interface Unanswered {
  readonly kind: 'unanswered'
  /** Whether a byte of the request may have left. If not, the call was certainly not applied. */
  readonly mayHaveBeenSent: boolean
  /** Milliseconds that the request waited for a connection before a byte could leave; absent if it got none. */
  readonly connectedAfterMs?: number
  /** The code of the cause (`ECONNREFUSED`, `UND_ERR_SOCKET` …), or `TIMEOUT` for our own time limit. */
  readonly code: string
  /** A phrase for people. Contains no secret. */
  readonly why: string
  /** Why Okta gave no access token for the call, so that it could not be sent; absent if that was not the reason. */
  readonly tokenRefusal?: TokenRefusal
}

export type Answer = (Answered | Unanswered) & {
  /**
   * How often the call was sent before this and refused because of its token or its proof. Each of these requests
   * counts against the rate limit. Absent if the call was sent only once.
   */
  readonly resends?: number
}

/** Parses a complete body. Only objects and lists count as JSON, because Okta's API sends nothing else. */
export function parseBody(text: string): AnswerBody {
  if (text.trim() === '') return { kind: 'empty' }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { kind: 'json', value }
  } catch {
    // Not JSON, so not from Okta. The reason does not matter.
  }
  return { kind: 'unreadable', why: describeText(text.trimStart()) }
}

/** Names the kind of a text that Okta's API does not send. */
function describeText(text: string): string {
  if (text.startsWith('<')) return 'HTML'
  return text.startsWith('{') || text.startsWith('[') ? 'broken JSON' : 'some text'
}

/**
 * Whether the answer is recognizably Okta's own: it has Okta's request id, rate-limit headers or error object. Anything
 * between us and Okta (a proxy, a load balancer, a sign-in page) sends none of them. Source: of 2,304 recorded answers
 * from orgs, 98 in 100 have the request id; pages from the load balancer in front of an org have none of them.
 */
export function isOktas({ requestId, rateLimit, error }: Answered): boolean {
  return requestId !== null || rateLimit !== null || (error !== null && /^E\d{7}$/.test(error.errorCode))
}

/**
 * The origin of a redirect's target; null if there is none. Path and query are left out, because they may hold secrets.
 */
export function originOf(location: string | null): string | null {
  if (location === null || !URL.canParse(location)) return null
  const { origin } = new URL(location)
  return origin === 'null' ? null : origin
}

/** The longest code of an error that is kept, in characters: Okta's have 8, and OAuth's up to 30. */
const longestCode = 100

/** The longest text of an error that is kept, in characters, and the most causes. */
const longestSummary = 8_000
const mostCauses = 20

/** Parses Okta's error object; null if the body is not one. OAuth's `error`/`error_description` counts too. */
export function parseOktaError(body: AnswerBody): OktaError | null {
  if (body.kind !== 'json') return null
  const value = body.value as Readonly<Record<string, unknown>>
  if (typeof value.errorCode === 'string') {
    const causes = Array.isArray(value.errorCauses) ? value.errorCauses.slice(0, mostCauses) : []
    return {
      errorCode: value.errorCode.slice(0, longestCode),
      errorSummary: textOf(value.errorSummary),
      causes: causes.map((cause: unknown) =>
        textOf((cause as { errorSummary?: unknown } | null)?.errorSummary),
      ),
    }
  }
  if (typeof value.error === 'string') {
    return {
      errorCode: value.error.slice(0, longestCode),
      errorSummary: textOf(value.error_description),
      causes: [],
    }
  }
  return null
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, longestSummary) : ''
}

/** The longest text from a server that a message shows, in characters. */
const maxMessageLength = 400

/** One sentence about an answer, for messages: `Okta answered 403 E0000006: You do not have permission …`. */
export function describeAnswer(answer: Answer): string {
  if (answer.kind === 'unanswered') return answer.why
  const { httpStatus, error, body, location } = answer
  if (error !== null) {
    const causes = error.causes.filter((cause) => cause !== '')
    const text = causes.length > 0 ? `${error.errorSummary} (${causes.join('; ')})` : error.errorSummary
    // The sentence around it ends with a full stop of its own.
    const said = `Okta answered ${httpStatus} ${error.errorCode}: ${text}`.replace(/[.\s]+$/, '')
    return maskedLine(said, maxMessageLength)
  }
  if (httpStatus >= 300 && httpStatus < 400) {
    const target = originOf(location)
    return `the answer was ${httpStatus}, a redirect${target === null ? '' : ` to ${target}`}, which was not followed`
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
