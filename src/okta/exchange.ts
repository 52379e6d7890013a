import type { Dispatcher } from 'undici'
import { withdrawn } from './answer.ts'
import { type DecodedBody, decodeBody, maxBodyBytes, tooLong } from './decode-body.ts'
import { describeLoss } from './loss.ts'
import type { TokenRefusal } from './oauth/grant.ts'
import type { HeaderValue } from './rate-limit.ts'

/** The outcome of one HTTP request. */
export type Received = (
  | {
      readonly kind: 'response'
      /** Milliseconds from the start until the request was given to a connection. */
      readonly connectedAfterMs: number
      readonly httpStatus: number
      readonly headers: Readonly<Record<string, HeaderValue>>
      /** The body, decoded. Null if it can't be read: it is longer than the limit, or in an encoding that is not known. */
      readonly text: string | null
      /** What came in place of a text, as a phrase; absent if there is a text. */
      readonly unreadable?: string | undefined
      /** The same as in `Answered`. */
      readonly withNewToken?: true
    }
  | {
      readonly kind: 'lost'
      /** The same as in a response; null if the request never reached a connection, so that no byte could have left. */
      readonly connectedAfterMs: number | null
      readonly code: string
      readonly why: string
      /** The same as in `Unanswered`. */
      readonly tokenRefusal?: TokenRefusal
    }
) & {
  /** The same as in `Answer`. */
  readonly resends?: number
}

/**
 * One HTTP request, as undici reports it. Collects the answer within the limits of size and time, and notes whether the
 * request ever reached a connection. undici limits the silence before the headers and between pieces of the body. A
 * body that keeps trickling in, or one announcement after another (1xx) in place of an answer, is cut off here, once the whole request has used up its time.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now()
  readonly #timeLimitMs: number
  readonly #mayLeave: () => boolean
  readonly #resolve: (received: Received) => void
  readonly received: Promise<Received>
  #connectedAfterMs: number | null = null
  #httpStatus = 0
  #headers: Readonly<Record<string, HeaderValue>> = {}
  #chunks: Buffer[] = []
  #size = 0

  /**
   * @param mayLeave called once the connection is open, right before the first byte; if it returns false, nothing is
   *   sent
   */
  constructor(timeLimitMs: number, mayLeave: () => boolean = () => true) {
    this.#timeLimitMs = timeLimitMs
    this.#mayLeave = mayLeave
    let resolve: (received: Received) => void = () => {}
    this.received = new Promise((settle) => {
      resolve = settle
    })
    this.#resolve = resolve
  }

  onRequestStart(): void {
    // Nothing has left yet: a process that was paused until now may no longer be allowed to send. To abort would end the
    // connection as well. After an error that is thrown here it is kept for the next call, which matters where a
    // connection takes longer to open than a call may wait.
    if (!this.#mayLeave())
      throw Object.assign(new Error('The call may no longer be sent.'), { code: withdrawn })
    this.#connectedAfterMs = performance.now() - this.#startedAt
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Readonly<Record<string, HeaderValue>>,
  ): void {
    // undici begins its limit again with each announcement of an answer (1xx), of which a server may send any number.
    if (statusCode < 200) this.#endIfLate(controller)
    this.#httpStatus = statusCode
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > maxBodyBytes) {
      this.#respond(tooLong)
      controller.abort(new Error('The body is too long.'))
      return
    }
    // Kept without a copy: a copy would cost more than it saves, because bodies are short-lived.
    this.#chunks.push(chunk)
    this.#endIfLate(controller)
  }

  #endIfLate(controller: Dispatcher.DispatchController): void {
    if (performance.now() - this.#startedAt <= this.#timeLimitMs) return
    controller.abort(Object.assign(new Error('The answer takes too long.'), { code: 'UND_ERR_BODY_TIMEOUT' }))
  }

  onResponseEnd(): void {
    const [first] = this.#chunks
    const bytes = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    this.#respond(decodeBody(bytes, this.#headers['content-encoding']))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // undici gives a proxy's refusal no code of its own.
    const [, refusedByProxy] = /^Proxy response \((\d{3})\)/.exec(error.message) ?? []
    const { code: named = codeOfUnnamed(error) } = error as NodeJS.ErrnoException
    const code = refusedByProxy === undefined ? named : `PROXY_${refusedByProxy}`
    this.#resolve({ kind: 'lost', connectedAfterMs: this.#connectedAfterMs, ...this.#explain(code) })
  }

  #respond(body: DecodedBody): void {
    this.#resolve({
      kind: 'response',
      connectedAfterMs: this.#connectedAfterMs ?? 0,
      httpStatus: this.#httpStatus,
      headers: this.#headers,
      ...body,
    })
  }

  #explain(code: string): { code: string; why: string } {
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return { code: 'TIMEOUT', why: `no answer within ${this.#timeLimitMs / 1000} s` }
    }
    return { code, why: describeLoss(code, this.#connectedAfterMs !== null) }
  }
}

/** The code of an error that names none. */
export function codeOfUnnamed(error: unknown): string {
  return error instanceof Error && error.name === 'HTTPParserError' ? 'HPE_INVALID' : 'UNKNOWN'
}
