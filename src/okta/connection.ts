import { type KnownError, Refusal } from '../messages/known-error.ts'
import { isOfServiceApp } from './token-claims.ts'

/** The org's address and the authorization of calls to it. `authorization` is a secret. */
export interface Connection {
  /** Scheme, host and port, without a trailing slash. */
  readonly orgUrl: string
  /** The value of the `Authorization` header. */
  readonly authorization: string
  /** Whether the credentials certainly belong to a service app, which has no owner. */
  readonly ofServiceApp: boolean
  /** The time limit of one request, in milliseconds. */
  readonly requestTimeoutMs: number
}

export const defaultRequestTimeoutMs = 30_000

/**
 * Reads the connection from the environment variables that Okta's own SDKs use.
 *
 * @throws KnownError when a setting is missing or not valid, with the fix
 */
export function readConnection(environment: Readonly<Record<string, string | undefined>>): Connection {
  const orgUrl = checkOrgUrl(environment.OKTA_CLIENT_ORGURL)
  const authorization = readAuthorization(environment)
  return {
    orgUrl,
    authorization,
    ofServiceApp: isOfServiceApp(authorization),
    requestTimeoutMs: readRequestTimeout(environment.OKTA_CLIENT_REQUESTTIMEOUT),
  }
}

const orgUrlExample = 'export OKTA_CLIENT_ORGURL=https://your-org.okta.com'

/**
 * Accepts an org's URL: HTTPS, or plain HTTP on loopback; no path, no credentials, and not the admin console's host.
 *
 * @returns the origin, without a trailing slash
 */
export function checkOrgUrl(text: string | undefined): string {
  if (text === undefined || text.trim() === '') {
    throw new Refusal('OKTA_CLIENT_ORGURL is not set. It must be the URL of the Okta org.', orgUrlExample)
  }
  const trimmed = text.trim()
  if (!URL.canParse(trimmed)) throw noUrl(trimmed)
  const url = new URL(trimmed)
  if (url.username !== '' || url.password !== '') {
    throw new Refusal('OKTA_CLIENT_ORGURL must not contain a user name or password.', orgUrlExample)
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Refusal(
      `OKTA_CLIENT_ORGURL must begin with https:// (it is ${url.protocol}//${url.host}); plain HTTP is allowed only for this machine (loopback).`,
      `export OKTA_CLIENT_ORGURL=https://${url.host === '' ? 'your-org.okta.com' : url.host}`,
    )
  }
  const admin = /^([^.]+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov)\.com|\.okta\.mil)$/i.exec(
    url.hostname,
  )
  if (admin !== null) {
    const fixed = `${admin[1]}${admin[2]}`
    throw new Refusal(
      `OKTA_CLIENT_ORGURL is the address of the admin console (${url.hostname}); the API is at ${fixed}.`,
      `export OKTA_CLIENT_ORGURL=https://${fixed}`,
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Refusal(
      `OKTA_CLIENT_ORGURL must be only the org's address, without a path (it has ${url.pathname}${url.search}${url.hash}).`,
      `export OKTA_CLIENT_ORGURL=${url.origin}`,
    )
  }
  return url.origin
}

/** A value that is not a URL may be a token in the wrong variable, so only a value that looks like a host is shown. */
function noUrl(text: string): KnownError {
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?\/?$/i.test(text)) {
    return new Refusal(
      `OKTA_CLIENT_ORGURL has no scheme: ${text}.`,
      `export OKTA_CLIENT_ORGURL=https://${text}`,
    )
  }
  return new Refusal('OKTA_CLIENT_ORGURL is not a URL.', orgUrlExample)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

function readAuthorization(environment: Readonly<Record<string, string | undefined>>): string {
  const mode = (environment.OKTA_CLIENT_AUTHORIZATIONMODE ?? '').trim() || 'SSWS'
  const scheme = ['SSWS', 'Bearer'].find((name) => name.toLowerCase() === mode.toLowerCase())
  if (scheme === undefined) {
    throw new Refusal(
      `OKTA_CLIENT_AUTHORIZATIONMODE is ${JSON.stringify(mode)}. It must be SSWS (an API token) or Bearer (an access token).`,
      'export OKTA_CLIENT_AUTHORIZATIONMODE=SSWS',
    )
  }
  const token = (environment.OKTA_CLIENT_TOKEN ?? '').trim()
  if (token === '') {
    throw new Refusal(
      `OKTA_CLIENT_TOKEN is not set. It must be ${scheme === 'SSWS' ? 'an API token' : 'an access token'}.`,
      'Create one in the Admin Console under Security > API > Tokens, then: export OKTA_CLIENT_TOKEN=…',
    )
  }
  // The value itself is never shown, not even here.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Refusal(
      'OKTA_CLIENT_TOKEN contains a space or another character that no token has.',
      `Set only the token, without the word ${scheme} before it: export OKTA_CLIENT_TOKEN=…`,
    )
  }
  return `${scheme} ${token}`
}

function readRequestTimeout(text: string | undefined): number {
  if (text === undefined || text.trim() === '') return defaultRequestTimeoutMs
  const seconds = Number(text)
  // In Okta's SDKs 0 means "no limit". A call without a limit could never be settled, so here 0 means the default.
  if (seconds === 0) return defaultRequestTimeoutMs
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 600) {
    throw new Refusal(
      `OKTA_CLIENT_REQUESTTIMEOUT is ${JSON.stringify(text)}. It must be a number of seconds up to 600.`,
      'export OKTA_CLIENT_REQUESTTIMEOUT=30',
    )
  }
  return seconds * 1000
}
