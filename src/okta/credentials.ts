import { Refusal } from '../messages/known-error.ts'
import { shownValue } from '../messages/secret-like.ts'
import { readClientKey } from './oauth/client-key.ts'
import type { ClientKey } from './oauth/private-key.ts'
import { refuseQuotes } from './quotes.ts'
import { Secret } from './secret.ts'
import { howToSet, type Settings, textOf } from './settings.ts'
import { isOfServiceApp } from './token-claims.ts'

/** A ready-made token: an API token or an access token. */
interface TokenCredentials {
  readonly kind: 'token'
  /** The value of the `Authorization` header. */
  readonly authorization: Secret
  /** Whether it certainly belongs to a service app, which has no owner. */
  readonly ofServiceApp: boolean
}

/** A service app, which gets its access tokens itself. It never has an owner. */
export interface ServiceAppCredentials {
  readonly kind: 'service_app'
  readonly clientId: string
  readonly key: ClientKey
  /** The scopes that are set; null for the usual ones and those that the job's guards need. */
  readonly scopes: readonly string[] | null
}

export type Credentials = TokenCredentials | ServiceAppCredentials

/** Whether credentials certainly belong to a service app, which has no owner. */
export function belongToServiceApp(credentials: Credentials): boolean {
  return credentials.kind === 'service_app' || credentials.ofServiceApp
}

const modes = ['SSWS', 'Bearer', 'PrivateKey'] as const

/**
 * The credentials that are set.
 *
 * @param readFile reads the file of a private key
 * @throws Refusal that names the place of the setting; it never shows a token or a key
 */
export function readCredentials(settings: Settings, readFile: (path: string) => string): Credentials {
  const given = textOf(settings.authorizationMode) ?? 'SSWS'
  refuseQuotes(settings, 'authorizationMode', given)
  const mode = modes.find((name) => name.toLowerCase() === given.toLowerCase())
  if (mode === undefined) {
    throw new Refusal(
      `${settings.authorizationMode?.place ?? 'OKTA_CLIENT_AUTHORIZATIONMODE'} is ${shownValue(given)}. It must be SSWS (an API token), Bearer (an access token) or PrivateKey (an OAuth 2.0 service app).`,
      howToSet(settings, 'authorizationMode', 'SSWS'),
    )
  }
  return mode === 'PrivateKey' ? readServiceApp(settings, readFile) : readToken(settings, mode)
}

function readToken(settings: Settings, scheme: 'SSWS' | 'Bearer'): TokenCredentials {
  const place = settings.token?.place ?? 'OKTA_CLIENT_TOKEN'
  const token = textOf(settings.token)
  const next = howToSet(settings, 'token', '…')
  if (token === null) {
    const other =
      settings.privateKey === undefined
        ? ''
        : ` (${settings.privateKey.place} is set: for a service app, ${howToSet(settings, 'authorizationMode', 'PrivateKey')})`
    throw new Refusal(
      `${place} is not set. It must be ${scheme === 'SSWS' ? 'an API token' : 'an access token'}${other}.`,
      scheme === 'SSWS'
        ? `Create one in the Admin Console under Security > API > Tokens, then: ${next}`
        : `Get one from the org's authorization server, then: ${next}. If you have an API token: ${howToSet(settings, 'authorizationMode', 'SSWS')}`,
    )
  }
  refuseQuotes(settings, 'token', token)
  // The value itself is never shown, not even here.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Refusal(
      `${place} contains a space or another character that no token has.`,
      `Set only the token, without ${wordsBefore(token) ?? `the word ${scheme}`} before it: ${next}`,
    )
  }
  refuseOtherMode(token, scheme, place, settings)
  const authorization = `${scheme} ${token}`
  return {
    kind: 'token',
    authorization: new Secret(authorization),
    ofServiceApp: isOfServiceApp(authorization),
  }
}

/** The words of a header before a token, as people copy them; null if there are none. The token is not among them. */
function wordsBefore(token: string): string | null {
  const [, header, word] = /^(Authorization\s*:\s*)?(?:(SSWS|Bearer|DPoP)\s)?/i.exec(token) ?? []
  const words = [...(header === undefined ? [] : ['Authorization:']), ...(word === undefined ? [] : [word])]
  return words.length === 0 ? null : `the ${words.length === 1 ? 'word' : 'words'} ${words.join(' ')}`
}

/**
 * Refuses a token of the other mode. An API token is `00` and 40 more characters, and an access token of Okta's is a JWT.
 *
 * @throws Refusal that names the mode
 */
function refuseOtherMode(token: string, scheme: 'SSWS' | 'Bearer', place: string, settings: Settings): void {
  const meant = /^00[\w-]{40}$/.test(token)
    ? 'SSWS'
    : /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/.test(token)
      ? 'Bearer'
      : scheme
  if (meant === scheme) return
  const what = meant === 'SSWS' ? 'an API token' : 'an access token (a JWT)'
  throw new Refusal(
    `${place} looks like ${what}, but the authorization mode is ${scheme}.`,
    `${howToSet(settings, 'authorizationMode', meant)} (or set a token for the mode ${scheme})`,
  )
}

function readServiceApp(settings: Settings, readFile: (path: string) => string): ServiceAppCredentials {
  const clientId = textOf(settings.clientId)
  const place = settings.clientId?.place ?? 'OKTA_CLIENT_CLIENTID'
  if (clientId === null) {
    throw new Refusal(
      `${place} is not set. With the mode PrivateKey it must be the client id of the service app.`,
      `Find it in the Admin Console under Applications > the app > General, then: ${howToSet(settings, 'clientId', '0oa…')}`,
    )
  }
  refuseQuotes(settings, 'clientId', clientId)
  if (!/^[\w.-]+$/.test(clientId)) {
    throw new Refusal(
      `${place} is not a client id: it contains a character that no client id has.`,
      howToSet(settings, 'clientId', '0oa…'),
    )
  }
  return {
    kind: 'service_app',
    clientId,
    key: readClientKey(settings, readFile),
    scopes: readScopes(settings),
  }
}

/** The scopes: separated by spaces (or commas) in a text, or a list in a file. Null if none are set. */
function readScopes(settings: Settings): readonly string[] | null {
  const value = settings.scopes?.value
  const text = Array.isArray(value) ? value.map(String).join(' ') : textOf(settings.scopes)
  if (text !== null) refuseQuotes(settings, 'scopes', text)
  const scopes = (text ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  const strange = scopes.find((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  if (strange !== undefined) {
    throw new Refusal(
      `${settings.scopes?.place ?? 'OKTA_CLIENT_SCOPES'} contains something that is not a scope.`,
      howToSet(settings, 'scopes', 'okta.users.manage okta.users.read'),
    )
  }
  return scopes.length === 0 ? null : [...new Set(scopes)]
}
