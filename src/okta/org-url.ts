import { type KnownError, Refusal } from '../messages/known-error.ts'
import { mayBeHost } from '../messages/secret-like.ts'
import { refuseQuotes } from './quotes.ts'
import { howToSet, type Settings, textOf } from './settings.ts'

const example = 'https://your-org.okta.com'

/** What is shorter is not a token of Okta's, and may be a part of the URL by chance, such as `sandbox`. */
const shortestToken = 8

/**
 * Accepts the org's URL: HTTPS, or plain HTTP on loopback; no path, no credentials, and not the admin console's host.
 *
 * @returns the origin, without a trailing slash
 * @throws Refusal that names the place of the setting
 */
export function readOrgUrl(settings: Settings): string {
  const text = textOf(settings.orgUrl)
  const place = settings.orgUrl?.place ?? 'OKTA_CLIENT_ORGURL'
  const fix = (url: string): string => howToSet(settings, 'orgUrl', url)
  if (text === null) {
    const problem = settings.orgUrl === undefined ? 'is not set' : 'is empty or not text'
    throw new Refusal(`${place} ${problem}. It must be the URL of the Okta org.`, fix(example))
  }
  refuseQuotes(settings, 'orgUrl', text)
  if (holdsToken(settings)) {
    throw new Refusal(
      `${place} has a token in it, where the URL of the Okta org belongs (a token belongs in OKTA_CLIENT_TOKEN).`,
      fix(example),
    )
  }
  const [, rest] = /^(?:https?:\/\/)+(?:https?:\/\/)([^/]*)\/*$/i.exec(text) ?? []
  if (rest !== undefined)
    throw new Refusal(`${place} has its scheme twice.`, fix(isHost(rest) ? `https://${rest}` : example))
  if (!URL.canParse(text)) throw notUrl(text, place, fix)
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw new Refusal(`${place} must not contain a user name or password.`, fix(example))
  }
  if (!isPlausible(url, text)) throw notUrl(text, place, fix)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Refusal(
      `${place} must begin with https:// (it is ${url.protocol}//${url.host}); plain HTTP is allowed only for this machine (loopback).`,
      fix(`https://${url.host === '' ? 'your-org.okta.com' : url.host}`),
    )
  }
  const admin = /^([^.]+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov)\.com|\.okta\.mil)$/i.exec(
    url.hostname,
  )
  if (admin !== null) {
    const fixed = `${admin[1]}${admin[2]}`
    throw new Refusal(
      `${place} is the address of the admin console (${url.hostname}); the API is at ${fixed}.`,
      fix(`https://${fixed}`),
    )
  }
  if (/^\{?your|^\$?\{/i.test(url.hostname) || /[{}]|%7B/i.test(url.hostname)) {
    throw new Refusal(
      `${place} is still the placeholder from an example (${url.hostname}).`,
      fix('https://the-name-of-your-org.okta.com'),
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Refusal(
      `${place} must be only the org's address, without a path (it has ${shownPath(url)}).`,
      fix(url.origin),
    )
  }
  return url.origin
}

/**
 * Whether the setting of the URL holds a token: the one that is set, or what looks like an API token. Host names have no
 * upper case, so letter case does not count.
 */
function holdsToken(settings: Settings): boolean {
  const parts = `/${textOf(settings.orgUrl)?.toLowerCase() ?? ''}/`
  const token = textOf(settings.token)?.toLowerCase() ?? ''
  if (/(?<![\w-])00[\w-]{38,}/.test(parts)) return true
  if (token.length < shortestToken) return false
  return new RegExp(`[^\\w-]${token.replaceAll(/[^\w\s]/g, '\\$&')}[^\\w-]`).test(parts)
}

/**
 * A value that is not a URL may be a token in the wrong variable, so only a value that looks like a host is shown. A
 * JWT has dots too, but no top-level domain.
 */
function notUrl(text: string, place: string, fix: (url: string) => string): KnownError {
  if (isHost(text)) {
    return new Refusal(`${place} has no scheme: ${text}.`, fix(`https://${text}`))
  }
  return new Refusal(`${place} is not a URL.`, fix(example))
}

function isHost(text: string): boolean {
  return /^(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(:\d+)?\/?$/i.test(text) && mayBeHost(text)
}

/** Whether a URL may be shown: its scheme is known, and its host is no token or key after `https://`. */
function isPlausible({ protocol, hostname }: URL, written: string): boolean {
  if (!/^(?:https?|ftp|file|wss?):$/.test(protocol)) return false
  // Of a token in the place of a host, a URL keeps no capitals.
  const hosts = [hostname, written.split(/[/?#]+/)[1] ?? '']
  return hostname.split('.').every((label) => label.length <= 63) && hosts.every(mayBeHost)
}

/** The path of a URL if it is made of words, such as `/admin/dashboard`; otherwise its length. */
function shownPath({ pathname, search, hash }: URL): string {
  const path = `${pathname}${search}${hash}`
  return isOfWords(path) ? path : `${path.length} characters after the host`
}

function isOfWords(path: string): boolean {
  return /^(?:\/(?:[A-Z]?[a-z-]{0,19}|v\d))*$/.test(path)
}

/** The setting of the URL as it is shown. What is no URL may be a token or a key in the wrong variable. */
export function shownOrgUrl(settings: Settings): string {
  if (holdsToken(settings)) return '[secret]'
  const text = textOf(settings.orgUrl) ?? ''
  if (isHost(text)) return text
  if (!URL.canParse(text) || !isPlausible(new URL(text), text))
    return `[${text.length} characters that are not a URL]`
  const url = new URL(text)
  const user = url.username === '' && url.password === '' ? '' : '[user]@'
  const path = shownPath(url)
  return `${url.protocol}//${user}${url.host}${isOfWords(path) ? path.replace(/^\/$/, '') : `/[${path}]`}`
}

/** Whether a host name always means this machine, whatever DNS says. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
