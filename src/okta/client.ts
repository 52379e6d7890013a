import { DecoratorHandler, type Dispatcher, Pool } from 'undici'
import { type Answer, parseBody, parseOktaError } from './answer.ts'
import type { OktaClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { type HeaderValue, parseRateLimit } from './rate-limit.ts'
import type { OktaRequest } from './request.ts'

/** The largest body that is read, in bytes. A user or an error of Okta's is a few KiB; a list of factors not much more. */
const maxBodyBytes = 1024 * 1024

/** Sends requests to one org. */
export interface OktaClient {
  /** Sends one request, once. Never throws for what the network or the server does. */
  send(request: OktaRequest): Promise<Answer>
  close(): Promise<void>
}

export interface OktaClientOptions {
  readonly connection: Connection
  readonly clock: OktaClock
  /** Connections at most. */
  readonly connections: number
  readonly userAgent: string
}

/** Tells whether a request has reached a connection, which is when its bytes may begin to leave. */
interface SendMark {
  reachedConnection: boolean
}

/** Opens a client. It keeps connections alive, follows no redirect, and retries nothing by itself. */
export function createOktaClient(options: OktaClientOptions): OktaClient {
  const { connection, clock } = options
  const pool = new Pool(connection.orgUrl, {
    connections: options.connections,
    pipelining: 1,
    // One limit for the whole request, below, takes the place of undici's limits for its parts.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: Math.min(connection.requestTimeoutMs, 10_000) },
  })
  const dispatcher = pool.compose(markConnections)
  const baseHeaders = {
    accept: 'application/json',
    authorization: connection.authorization,
    'user-agent': options.userAgent,
  }

  async function send(request: OktaRequest): Promise<Answer> {
    const mark: SendMark = { reachedConnection: false }
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), connection.requestTimeoutMs)
    const sentAt = clock.mark()
    try {
      const response = await dispatcher.request({
        method: request.method,
        path: request.path,
        headers: { ...baseHeaders, ...request.headers },
        signal: abort.signal,
        opaque: mark,
      })
      clock.observe(single(response.headers.date), sentAt, clock.mark())
      const text = await readBounded(response.body)
      const body =
        text === null
          ? { kind: 'unreadable' as const, why: `more than ${maxBodyBytes} bytes` }
          : parseBody(text)
      return {
        kind: 'answered',
        httpStatus: response.statusCode,
        rateLimit: parseRateLimit(response.headers),
        requestId: single(response.headers['x-okta-request-id']) ?? null,
        body,
        error: parseOktaError(body),
        location: single(response.headers.location) ?? null,
      }
    } catch (error) {
      return {
        kind: 'unanswered',
        mayHaveBeenSent: mark.reachedConnection,
        ...(abort.signal.aborted
          ? { code: 'TIMEOUT', why: `no answer within ${connection.requestTimeoutMs / 1000} s` }
          : explain(error, mark.reachedConnection)),
      }
    } finally {
      clearTimeout(timer)
    }
  }

  return { send, close: () => pool.destroy() }
}

/** A handler in between that notes when the request, whose mark it finds in `opaque`, is given to a connection. */
function markConnections(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return (options, handler) => {
    const mark = (options as { opaque?: SendMark }).opaque
    return dispatch(options, mark === undefined ? handler : new ConnectionMarker(handler, mark))
  }
}

class ConnectionMarker extends DecoratorHandler implements Dispatcher.DispatchHandler {
  readonly #mark: SendMark

  constructor(handler: Dispatcher.DispatchHandler, mark: SendMark) {
    super(handler)
    this.#mark = mark
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#mark.reachedConnection = true
    const decorator: Dispatcher.DispatchHandler = DecoratorHandler.prototype
    decorator.onRequestStart?.call(this, controller, context)
  }
}

/** Reads a body up to the limit; null where it is longer. The rest is never read: the connection is closed. */
async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function single(value: HeaderValue): string | undefined {
  return typeof value === 'object' ? value[0] : value
}

function explain(error: unknown, reachedConnection: boolean): { code: string; why: string } {
  const code = (error as { code?: unknown } | null)?.code
  const text = typeof code === 'string' ? code : 'UNKNOWN'
  return {
    code: text,
    why: reachedConnection
      ? `the connection was lost before the answer came (${text})`
      : `no connection could be made (${text})`,
  }
}
