import { Refusal } from '../messages/known-error.ts'
import { shownValue } from '../messages/secret-like.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { readOrgUrl } from './org-url.ts'
import type { HttpProxy } from './proxy.ts'
import { refuseQuotes } from './quotes.ts'
import { howToSet, type Settings, textOf } from './settings.ts'

/** The org's address, and the credentials and limits of calls to it. */
export interface Connection {
  /** Scheme, host and port, without a trailing slash. */
  readonly orgUrl: string
  readonly credentials: Credentials
  /** The time limit of one request, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Null if requests go straight to the org. */
  readonly proxy: HttpProxy | null
}

export const defaultRequestTimeoutMs = 30_000

/** In seconds. In less time, no connection to an org could be made. */
const shortestRequestTimeout = 0.1
const longestRequestTimeout = 600

/**
 * The connection that the settings describe, without a proxy, which only the environment can name.
 *
 * @param readFile reads the file of a private key
 * @throws Refusal when a setting is missing or not valid: it says where it was set, what was expected, and the fix
 */
export function readConnection(settings: Settings, readFile: (path: string) => string): Connection {
  const orgUrl = readOrgUrl(settings)
  const credentials = readCredentials(settings, readFile)
  return { orgUrl, credentials, requestTimeoutMs: readRequestTimeout(settings), proxy: null }
}

function readRequestTimeout(settings: Settings): number {
  const text = textOf(settings.requestTimeout)
  if (text === null) return defaultRequestTimeoutMs
  refuseQuotes(settings, 'requestTimeout', text)
  const seconds = Number(text)
  // In Okta's SDKs 0 means "no limit". A call without a limit could never be settled, so here 0 means the default.
  if (seconds === 0) return defaultRequestTimeoutMs
  if (!(seconds >= shortestRequestTimeout && seconds <= longestRequestTimeout)) {
    throw new Refusal(
      `${settings.requestTimeout?.place ?? 'OKTA_CLIENT_REQUESTTIMEOUT'} is ${shownValue(text)}. It must be a number of seconds from ${shortestRequestTimeout} to ${longestRequestTimeout}.`,
      howToSet(settings, 'requestTimeout', '30'),
    )
  }
  return seconds * 1000
}
