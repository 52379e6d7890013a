import type { IncomingHttpHeaders } from 'node:http'
import type { ForeignAction } from './org.ts'

/** One request as it arrived, and how it was answered. */
export interface LoggedRequest {
  /** From 1, in the order of arrival. */
  readonly number: number
  /** From 1: how many requests of this method and path there were, this one included. */
  readonly attempt: number
  readonly method: string
  /** Raw, with its query. */
  readonly path: string
  /** The user key of the path, decoded; null where the path has none. */
  readonly key: string | null
  /** null for everything but a lifecycle call. */
  readonly action: ForeignAction | null
  /** Those of {@link loggedHeaders} that it had. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds by this machine's clock. */
  readonly arrivedAt: number
  /** The name of the fault that it met; null where it met none, also because a rate limit refused it first. */
  fault: string | null
  /** The reset of the window in which it counted, in epoch seconds; null where it counted in none. */
  window: number | null
  /** The HTTP status that was sent back; null until then, and for good where the answer was withheld. */
  status: number | null
}

const loggedHeaders = [
  'accept',
  'authorization',
  'content-length',
  'content-type',
  'prefer',
  'user-agent',
  'x-okta-retry-count',
  'x-okta-retry-for',
] as const

/** The part of the headers that tests look at. */
export function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of loggedHeaders) {
    const value = headers[name]
    if (typeof value === 'string') picked[name] = value
  }
  return picked
}
