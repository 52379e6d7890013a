import type { Duplex } from 'node:stream'
import { type Dispatcher, Pool, ProxyAgent } from 'undici'
import { codeOfUnnamed, Exchange, type Received } from './exchange.ts'
import { describeLoss, lossOf } from './loss.ts'
import type { HttpProxy } from './proxy.ts'

/** One HTTP request as it goes out, with all its headers. */
export interface Call {
  readonly method: 'GET' | 'POST'
  /** Path with query, percent-encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Carries requests to one host. */
export interface Transport {
  /**
   * Sends a request once. Never rejects.
   *
   * @param mayLeave called once the connection is open, right before the first byte; if it returns false, nothing is
   *   sent
   */
  exchange(call: Call, mayLeave?: () => boolean): Promise<Received>
  /** Ends all connections. May be called more than once. */
  close(): Promise<void>
}

export interface TransportOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** Null if requests go straight to the host. */
  readonly proxy: HttpProxy | null
  readonly connections: number
  /** The time limit of one request, in milliseconds. */
  readonly timeLimitMs: number
  readonly userAgent: string
}

/** Opens connections to a host. They are kept alive; no redirect is followed and nothing is sent twice. */
export function openTransport(options: TransportOptions): Transport {
  const { origin, proxy, timeLimitMs } = options
  const tunnels = new Set<Duplex>()
  const dispatcher = openDispatcher(options, tunnels)
  let closed: Promise<void> | null = null
  return {
    async exchange({ method, path, headers, body }, mayLeave) {
      const exchange = new Exchange(timeLimitMs, mayLeave)
      dispatcher.dispatch(
        { origin, method, path, headers, ...(body === undefined ? {} : { body }) },
        exchange,
      )
      return throughProxy(await exchange.received, proxy)
    },
    close() {
      closed ??= dispatcher.destroy()
      // undici leaves a tunnel in which no TLS has been set up yet open until its time limit.
      for (const tunnel of tunnels) tunnel.destroy()
      return closed
    },
  }
}

/**
 * How long a connection may take to open, in ms. Some proxies take more than ten seconds. A call whose intent has grown
 * old meanwhile does not leave, and the connection is kept for the next one.
 */
const slowestConnectionMs = 30_000

/** @param tunnels gets the connections through a proxy as long as they are open */
function openDispatcher(
  { origin, proxy, connections, timeLimitMs, userAgent }: TransportOptions,
  tunnels: Set<Duplex>,
): Dispatcher {
  const connect = { timeout: Math.min(timeLimitMs, slowestConnectionMs) }
  const limits = { pipelining: 1, headersTimeout: timeLimitMs, bodyTimeout: timeLimitMs }
  if (proxy === null) return new Pool(origin, { ...limits, connections, connect })
  return new ProxyAgent({
    ...limits,
    uri: proxy.uri,
    connections,
    headers: { 'user-agent': userAgent },
    ...(proxy.authorization === null ? {} : { token: proxy.authorization.reveal() }),
    requestTls: connect,
    proxyTls: connect,
    // A proxy that accepts the connection but stays silent is given up after the time limit for connecting.
    clientFactory: (url, given) => new ProxyPool(url, { ...given, headersTimeout: connect.timeout }, tunnels),
  })
}

const unreached = 'PROXY_UNREACHED_'
const silent = 'PROXY_SILENT'

/**
 * The connections to a proxy. An error before the proxy has answered gets its own code, because after some errors
 * undici reconnects at once and without end, for example when a proxy closes the connection instead of answering.
 */
class ProxyPool extends Pool {
  readonly #tunnels: Set<Duplex>

  constructor(url: URL, options: object, tunnels: Set<Duplex>) {
    super(url, options)
    this.#tunnels = tunnels
  }

  // undici's own agent calls it without a callback.
  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(
    options: Dispatcher.ConnectOptions,
    callback: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): void
  override async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    let connected: Dispatcher.ConnectData
    try {
      connected = await super.connect(options)
    } catch (error) {
      const { code = codeOfUnnamed(error), message } = error as NodeJS.ErrnoException
      throw Object.assign(new Error(message, { cause: error }), { code: `${unreached}${code}` })
    }
    const { socket, statusCode, headers } = connected
    const scheme = statusCode === 407 ? unknownScheme(headers['proxy-authenticate']) : null
    if (scheme !== null) {
      socket.on('error', () => {}).destroy()
      throw Object.assign(new Error('The proxy offers no scheme that is known.'), {
        code: `PROXY_407_${scheme}`,
      })
    }
    this.#tunnels.add(socket)
    socket.once('close', () => this.#tunnels.delete(socket))
    return connected
  }
}

/**
 * The first scheme by which a proxy lets people in, in capitals, if it offers no `Basic`; null if it does, or does not
 * say.
 */
function unknownScheme(header: string | string[] | undefined): string | null {
  const offers = [header ?? []].flat()
  if (offers.length === 0 || offers.some((offer) => /(?:^|,)\s*Basic(?![\w-])/i.test(offer))) return null
  const [, scheme] = /^\s*(NTLM|Negotiate|Digest|Kerberos|Bearer)(?![\w-])/i.exec(offers.join(', ')) ?? []
  return scheme?.toUpperCase() ?? 'OTHER'
}

/** Names the proxy if no connection could be made: it is, or may be, the cause. */
function throughProxy(received: Received, proxy: HttpProxy | null): Received {
  if (proxy === null || received.kind === 'response' || received.connectedAfterMs !== null) return received
  const { code } = received
  if (code.startsWith(unreached)) {
    const before = code.slice(unreached.length)
    const cause = lossOf(before).cause ?? 'it does not answer'
    const why = `the proxy ${proxy.uri} (${proxy.variable}) can't be reached: ${cause} (${before})`
    return { ...received, why }
  }
  // The time limit for connecting to the proxy itself has the prefix: this one is that of TLS with the host behind it.
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return throughProxy({ ...received, code: silent, why: describeLoss(silent, false) }, proxy)
  return { ...received, why: `${received.why}, through the proxy ${proxy.uri} (${proxy.variable})` }
}
