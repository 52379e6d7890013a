import { Pool } from 'undici'
import { Exchange, type Received } from './exchange.ts'

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
   * @param mayLeave asked when the connection is there, right before the first byte
   */
  exchange(call: Call, mayLeave?: () => boolean): Promise<Received>
  /** Ends all connections. May be called more than once. */
  close(): Promise<void>
}

export interface TransportOptions {
  /** Scheme, host and port. */
  readonly origin: string
  readonly connections: number
  /** The time limit of one request, in milliseconds. */
  readonly timeLimitMs: number
}

/** Opens connections to a host. They are kept alive; no redirect is followed and nothing is sent twice. */
export function openTransport({ origin, connections, timeLimitMs }: TransportOptions): Transport {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: timeLimitMs,
    bodyTimeout: timeLimitMs,
    connect: { timeout: Math.min(timeLimitMs, 10_000) },
  })
  let closed: Promise<void> | null = null
  return {
    exchange({ method, path, headers, body }, mayLeave) {
      const exchange = new Exchange(timeLimitMs, mayLeave)
      pool.dispatch({ method, path, headers, ...(body === undefined ? {} : { body }) }, exchange)
      return exchange.received
    },
    close() {
      closed ??= pool.destroy()
      return closed
    },
  }
}
