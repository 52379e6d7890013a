import { Refusal } from '../messages/known-error.ts'
import { mayBeHost, unlessSecret } from '../messages/secret-like.ts'
import { refuseQuotesAt } from './quotes.ts'
import { Secret } from './secret.ts'

/** The proxy that requests go through. */
export interface HttpProxy {
  /** Scheme, host and port, without user and password. */
  readonly uri: string
  /** The value of `Proxy-Authorization`; null if the URL has no user. */
  readonly authorization: Secret | null
  /** The variable that names it. */
  readonly variable: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The first that is set counts. Lower case comes first, and ALL_PROXY counts if HTTPS_PROXY is not set, as in curl;
 * HTTP_PROXY comes last, as in undici.
 */
const variables = [
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'http_proxy',
  'HTTP_PROXY',
] as const

/**
 * The proxy for the org, by the usual variables of the environment; null if requests go straight to it. Plain HTTP
 * stays on this machine, so it never goes through a proxy.
 *
 * @throws Refusal when the variable does not name an HTTP proxy. It never shows a password
 */
export function proxyFor(orgUrl: string, environment: Environment): HttpProxy | null {
  const url = new URL(orgUrl)
  if (url.protocol !== 'https:') return null
  const variable = variableOf(environment)
  if (variable === undefined) return null
  const { name, list } = exceptionsOf(environment)
  refuseQuotesAt(name, list)
  if (isExcepted(url, list)) return null
  return readProxy((environment[variable] ?? '').trim(), variable)
}

/** A proxy that the environment names, and that is not used, because an exception covers the org's host. */
export interface UnusedProxy {
  /** The variable that names the proxy. */
  readonly variable: string
  /** The exceptions, as in `NO_PROXY=*`. */
  readonly exceptions: string
}

/** Null if no proxy is named, or if the one that is named is used. */
export function unusedProxy(orgUrl: string, environment: Environment): UnusedProxy | null {
  const url = new URL(orgUrl)
  const variable = variableOf(environment)
  const { name, list } = exceptionsOf(environment)
  if (url.protocol !== 'https:' || variable === undefined || !isExcepted(url, list)) return null
  return { variable, exceptions: `${name}=${unlessSecret(list)}` }
}

function variableOf(environment: Environment): (typeof variables)[number] | undefined {
  return variables.find((name) => (environment[name] ?? '').trim() !== '')
}

function exceptionsOf({ no_proxy: lower, NO_PROXY: upper }: Environment): { name: string; list: string } {
  return lower === undefined ? { name: 'NO_PROXY', list: upper ?? '' } : { name: 'no_proxy', list: lower }
}

/** What must be seen of a proxy by nobody else: its password, and how that is sent together with the user. */
export function proxySecrets(proxy: HttpProxy | null): readonly string[] {
  const [, sent] = /^Basic (.+)$/.exec(proxy?.authorization?.reveal() ?? '') ?? []
  if (sent === undefined) return []
  const [, password = ''] = /^[^:]*:([\s\S]*)$/.exec(Buffer.from(sent, 'base64').toString('utf8')) ?? []
  return [sent, password]
}

/** The user and the password in the URL of a proxy, as written; the URL may lack its scheme. Null if it has none. */
export function proxyCredentials(text: string): string | null {
  return /^\s*(?:[a-z][a-z0-9+.-]*:\/\/)?([\s\S]*)@[^@]*$/i.exec(text)?.[1] ?? null
}

function readProxy(text: string, variable: string): HttpProxy {
  refuseQuotesAt(variable, text)
  const example = `export ${variable}=http://USER:PASSWORD@proxy.example.com:3128`
  // curl and many other programs accept a proxy without a scheme.
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  // With one slash, the scheme would be taken for the host.
  if (/["'\s]|^https?:(?!\/\/)/i.test(text) || !URL.canParse(full) || !mayBeHost(hostIn(full))) {
    throw new Refusal(
      `${variable} is not the URL of a proxy.`,
      `Set the URL, with special characters in the password written as %XX: ${example}`,
    )
  }
  const { protocol, host, username, password, pathname } = new URL(full)
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new Refusal(
      `${variable} names a proxy for ${protocol}//, but only http:// and https:// proxies can be used.`,
      example,
    )
  }
  if (pathname !== '/') throw new Refusal(`${variable} has a path, so it is not the URL of a proxy.`, example)
  const user = `${decoded(username)}:${decoded(password)}`
  const authorization =
    username === '' ? null : new Secret(`Basic ${Buffer.from(user, 'utf8').toString('base64')}`)
  return { uri: `${protocol}//${host}`, authorization, variable }
}

/** The host of a URL as it was written: a token in its place has capitals. */
function hostIn(url: string): string {
  return url.slice(url.lastIndexOf('@') + 1)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Whether NO_PROXY exempts a host. An entry is `*`, a host, or a domain with or without its leading dot, which exempts
 * all of its hosts; each may have a port. Commas and white space separate entries. Source: the documentation of curl
 * and of Go's httpproxy.
 */
function isExcepted({ hostname, port }: URL, list: string): boolean {
  const host = plainHost(hostname)
  const ownPort = port === '' ? '443' : port
  return list
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
      if (wantedPort !== undefined && wantedPort !== ownPort) return false
      const wanted = plainHost(name).replace(/^\*?\./, '')
      return wanted !== '' && (host === wanted || host.endsWith(`.${wanted}`))
    })
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
