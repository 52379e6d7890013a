import { setTimeout as after } from 'node:timers/promises'
import type { Received } from '../okta/exchange.ts'
import { proxyFor } from '../okta/proxy.ts'
import { parseRetryAfter } from '../okta/retry-after.ts'
import { openTransport, type Transport } from '../okta/transport.ts'
import type { NotifyAddress } from './address.ts'

/** How a delivery ended; `why` is a clause without the address's path. */
export type Delivery = { readonly delivered: true } | { readonly delivered: false; readonly why: string }

const mostAttempts = 5
const firstPauseMs = 1_000
const longestAttemptMs = 10_000

const cutShort = 'a signal ended the process before it was taken'

interface DeliveryOptions {
  readonly body: string
  readonly userAgent: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How long it may take in all, in milliseconds. */
  readonly timeLimitMs: number
  /** Aborts the delivery. */
  readonly signal: AbortSignal
}

/**
 * Sends a notification, at most five times, with longer and longer pauses. No redirect is followed. Never rejects.
 */
export async function deliver(address: NotifyAddress, options: DeliveryOptions): Promise<Delivery> {
  const { timeLimitMs, signal, environment, userAgent } = options
  const end = performance.now() + timeLimitMs
  const attemptMs = Math.min(longestAttemptMs, timeLimitMs)
  const transport = openTransport({
    origin: address.origin,
    proxy: proxyFor(address.origin, environment),
    connections: 1,
    timeLimitMs: attemptMs,
    userAgent,
  })
  const giveUp = (): void => void transport.close()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    for (let attempt = 1; ; attempt++) {
      const received = await post(transport, address, options)
      const verdict = judge(received)
      if (verdict.kind === 'delivered') return { delivered: true }
      const pause = Math.max(firstPauseMs * 2 ** (attempt - 1), verdict.notBeforeMs)
      const isLast = attempt === mostAttempts || performance.now() + pause + attemptMs > end
      if (signal.aborted) return { delivered: false, why: cutShort }
      if (verdict.kind === 'refused' || isLast) return { delivered: false, why: verdict.why }
      await after(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return { delivered: false, why: `${cutShort}; before that, ${verdict.why}` }
    }
  } finally {
    signal.removeEventListener('abort', giveUp)
    await transport.close()
  }
}

async function post(
  transport: Transport,
  { path, authorization }: NotifyAddress,
  { body, userAgent }: DeliveryOptions,
): Promise<Received> {
  return await transport.exchange({
    method: 'POST',
    path: path.reveal(),
    headers: {
      'content-type': 'application/json',
      'user-agent': userAgent,
      ...(authorization === null ? {} : { authorization: authorization.reveal() }),
    },
    body,
  })
}

type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'passing' | 'refused'; readonly why: string; readonly notBeforeMs: number }

/**
 * 2xx counts as received. A lost request, 408, 425, 429 or 5xx may be temporary. Any other answer would stay the same.
 */
function judge(received: Received): Verdict {
  if (received.kind === 'lost') return { kind: 'passing', why: received.why, notBeforeMs: 0 }
  const { httpStatus, headers } = received
  if (httpStatus >= 200 && httpStatus < 300) return { kind: 'delivered' }
  const { 'retry-after': retryAfter, date } = headers
  const told = typeof date === 'string' ? Date.parse(date) : Number.NaN
  const now = Number.isNaN(told) ? Date.now() : told
  const isPassing = httpStatus >= 500 || [408, 425, 429].includes(httpStatus)
  return {
    kind: isPassing ? 'passing' : 'refused',
    why: `it answered HTTP ${httpStatus}`,
    notBeforeMs: parseRetryAfter(typeof retryAfter === 'string' ? retryAfter : undefined, now) ?? 0,
  }
}
