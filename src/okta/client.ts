import type { Answer } from './answer.ts'
import type { OktaClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { acceptedEncodings } from './decode-body.ts'
import type { Received } from './exchange.ts'
import { guardScopesOf } from './oauth/scopes.ts'
import { proxySecrets } from './proxy.ts'
import { parseRateLimit, singleHeader } from './rate-limit.ts'
import type { OktaRequest } from './request.ts'
import { toAnswer } from './to-answer.ts'
import { type Call, openTransport } from './transport.ts'
import { AnswerCleaner } from './without-secrets.ts'

/** Asked right before the first byte of a request. If it returns false, the request is {@link wasWithdrawn withdrawn}. */
type MayLeave = () => boolean

/** Sends requests to one org. */
export interface OktaClient {
  /**
   * Sends a request. For a service app it also sends whatever is needed to get an access token. Nothing that Okta may
   * have carried out is sent twice. Never throws for a failure of the network or the server.
   *
   * @param mayLeave asked like the client's own {@link OktaClientOptions.mayLeave}, for this request alone
   */
  send(request: OktaRequest, mayLeave?: MayLeave): Promise<Answer>
  /** Ends all connections. May be called more than once. */
  close(): Promise<void>
}

export interface OktaClientOptions {
  readonly connection: Connection
  readonly clock: OktaClock
  /** The maximum number of connections. A call that hangs keeps its connection until its time limit. */
  readonly connections: number
  readonly userAgent: string
  /** The scopes that a service app asks for if the settings name none. */
  readonly scopes: readonly string[]
  /** Receives sentences for people. */
  readonly say: (line: string) => void
  /** Asked for each request. */
  readonly mayLeave?: MayLeave
  /** From its abort on, no call waits for the rate limit of the token endpoint. */
  readonly stopping?: AbortSignal
  /** How long calls wait for that limit at most, in ms; five minutes by default. */
  readonly limitPatienceMs?: number
}

type Send = (call: Call, leaves: MayLeave) => Promise<Received>

/** Opens a client. It keeps connections alive, follows no redirects and retries nothing. */
export function createOktaClient(options: OktaClientOptions): OktaClient {
  const { connection, clock, mayLeave = () => true } = options
  const transport = openTransport({
    origin: connection.orgUrl,
    // One extra connection, for access tokens: calls that hang must not keep the others from getting a token.
    connections: options.connections + 1,
    timeLimitMs: connection.requestTimeoutMs,
    proxy: connection.proxy,
    userAgent: options.userAgent,
  })
  const cleaner = new AnswerCleaner(proxySecrets(connection.proxy))
  const closing = new AbortController()
  const baseHeaders = {
    accept: 'application/json',
    'accept-encoding': acceptedEncodings,
    'user-agent': options.userAgent,
  }

  async function exchange(call: Call, leaves?: MayLeave): Promise<Received> {
    const sentAt = clock.mark()
    const sent = { ...call, headers: { ...baseHeaders, ...call.headers } }
    const received = cleaner.clean(call, await transport.exchange(sent, leaves))
    if (isCertainlyOktas(received)) learnTime(received, sentAt)
    return received
  }

  function learnTime({ headers }: Extract<Received, { kind: 'response' }>, sentAt: number): void {
    const date = singleHeader(headers.date)
    if (date !== undefined) {
      clock.observe(date, sentAt, clock.mark())
      return
    }
    const limit = parseRateLimit(headers)
    // The reset of the concurrency limit, whose numbers are 0, is that of no window: it may be two minutes ahead.
    if (limit !== null && limit.limit > 0) clock.observeReset(limit.reset, sentAt, clock.mark())
  }

  const { stopping } = options
  const waits = stopping === undefined ? closing.signal : AbortSignal.any([closing.signal, stopping])
  const send = sender(options, exchange, waits)
  return {
    send: async ({ method, path, headers }, mayThisLeave = () => true) =>
      toAnswer(await send({ method, path, headers }, () => mayLeave() && mayThisLeave())),
    close: () => {
      closing.abort()
      return transport.close()
    },
  }

  function sender(
    { scopes, say, limitPatienceMs }: OktaClientOptions,
    once: (call: Call, leaves?: MayLeave) => Promise<Received>,
    signal: AbortSignal,
  ): Send {
    const { credentials, orgUrl } = connection
    if (credentials.kind === 'token') {
      const authorization = credentials.authorization.reveal()
      return (call, leaves) => once({ ...call, headers: { authorization, ...call.headers } }, leaves)
    }
    // The code that signs is loaded only if there is a key to sign with.
    const opening = import('./oauth/service-app.ts').then(
      ({ ServiceApp }) =>
        new ServiceApp({
          orgUrl,
          app: credentials,
          scopes: credentials.scopes ?? scopes,
          dispensable: credentials.scopes === null ? guardScopesOf(scopes) : [],
          clock,
          exchange: once,
          say,
          limitPatienceMs,
          signal,
        }),
    )
    return async (call, leaves) => await (await opening).send(call, leaves)
  }
}

/**
 * Whether an answer certainly comes from Okta, so that its `Date` counts. One page from a load balancer whose clock is
 * two minutes ahead must not change our view of Okta's clock.
 */
function isCertainlyOktas(received: Received): received is Extract<Received, { kind: 'response' }> {
  if (received.kind === 'lost') return false
  const { headers } = received
  return singleHeader(headers['x-okta-request-id']) !== undefined || parseRateLimit(headers) !== null
}
