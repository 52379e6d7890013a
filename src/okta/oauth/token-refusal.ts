import { unlessSecret } from '../../messages/secret-like.ts'
import { maskedLine } from '../mask-secrets.ts'
import type { TokenRefusal } from './grant.ts'
import { howToSpell, misspelledIn, unknownScopes } from './nearest-scope.ts'

/** What the token endpoint said when it refused. Source: RFC 6749, section 5.2; RFC 9449 for DPoP. */
export interface OAuthRefusal {
  readonly httpStatus: number
  readonly error: string
  readonly description: string
}

/** What the request for a token asked for. */
export interface AskedFor {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Which of the scopes a token may lack. */
  readonly dispensable: readonly string[]
  readonly keyId: string | null
}

/** The longest text from a server that a message shows, in characters. */
const longest = 300

/** The first pattern that matches `error: description` wins. Source of the words: recorded refusals from Okta. */
const causes: readonly (readonly [
  pattern: RegExp,
  why: (asked: AskedFor) => string,
  fix: (asked: AskedFor) => string,
])[] = [
  [
    /^invalid_client: .*client_id/i,
    ({ clientId }) => `this org has no active app with the client id ${clientId}`,
    () => 'Check OKTA_CLIENT_CLIENTID and OKTA_CLIENT_ORGURL, and that the app is active',
  ],
  [
    /^invalid_client: .*(?:signature|kid|key)/i,
    ({ clientId, keyId }) =>
      `the private key does not belong to a public key of the app ${clientId}${keyId === null ? '' : ` with the id ${keyId}`}`,
    ({ clientId }) =>
      `Check OKTA_CLIENT_PRIVATEKEY and OKTA_CLIENT_KEYID against the public keys of the app ${clientId} in the Admin Console (Applications > the app > General)`,
  ],
  [
    /^invalid_client: .*(?:expir|future|current time|issued|iat|nbf)/i,
    () => 'the times in the assertion do not fit the clock of the org',
    () => "Set this machine's clock (for example by NTP)",
  ],
  [
    /^invalid_client: .*audience/i,
    () => 'the org uses a different address from the one that is set',
    () =>
      'Set OKTA_CLIENT_ORGURL to the address at which the app was created: the custom domain or the okta.com domain',
  ],
  [
    /^invalid_client:/i,
    ({ clientId }) => `the app ${clientId} could not prove who it is`,
    () =>
      'Check that the app is an API Services app, and that its client authentication is "Public key / Private key"; also check OKTA_CLIENT_PRIVATEKEY',
  ],
  [
    /^(?:invalid_scope|consent_required|access_denied):/i,
    ({ clientId, scopes }) => {
      const misspelled = misspelledIn(scopes)
      const refused = `the app ${clientId} is not allowed the scopes ${scopes.join(' ')}`
      return misspelled.length === 0 ? refused : `${refused}: ${unknownScopes(misspelled)}`
    },
    ({ scopes }) => {
      const misspelled = misspelledIn(scopes)
      if (misspelled.length > 0) return howToSpell(misspelled)
      return `Let a super admin grant the app ${scopes.join(' and ')} in the Admin Console (Applications > the app > Okta API Scopes), or set OKTA_CLIENT_SCOPES`
    },
  ],
  [
    /^(?:unauthorized_client|unsupported_grant_type):/i,
    ({ clientId }) => `the app ${clientId} is not allowed to use client credentials`,
    () => 'Create an app of the type API Services, and use its client id and key',
  ],
  [
    /^(?:invalid_dpop_proof|use_dpop_nonce):/i,
    () => 'the proof (DPoP) was not accepted',
    () => "Set this machine's clock (for example by NTP), and check whether a proxy changes requests",
  ],
]

/** What was asked for as messages may show it: a token may have been set in the place of an id. */
function withoutSecrets(asked: AskedFor): AskedFor {
  return {
    ...asked,
    clientId: unlessSecret(asked.clientId, 6),
    keyId: asked.keyId === null ? null : unlessSecret(asked.keyId, 6),
    scopes: asked.scopes.map((scope) => unlessSecret(scope)),
  }
}

/** Says why Okta gives the app no access token, and what to do about it. */
export function explainRefusal(refusal: OAuthRefusal, sent: AskedFor): TokenRefusal {
  const asked = withoutSecrets(sent)
  const { httpStatus, error, description } = refusal
  const text = `${error}: ${description}`
  const said = maskedLine(text, longest)
  const found = causes.find(([pattern]) => pattern.test(text))
  const why = found === undefined ? 'this program does not know the reason' : found[1](asked)
  return {
    why: `${why} (Okta answered ${httpStatus} ${said})`,
    fix: found === undefined ? 'Check the app in the Admin Console' : found[2](asked),
  }
}

/** The refusal of a token that Okta gave with fewer scopes than were asked for. */
export function scopesMissing(missing: readonly string[], asked: AskedFor): TokenRefusal {
  const { clientId } = withoutSecrets(asked)
  const misspelled = misspelledIn(missing)
  const why = `the app ${clientId} was not granted ${missing.join(' and ')}`
  if (misspelled.length > 0)
    return { why: `${why}: ${unknownScopes(misspelled)}`, fix: howToSpell(misspelled) }
  return {
    why,
    fix: `Let a super admin grant ${missing.join(' and ')} in the Admin Console (Applications > the app > Okta API Scopes)`,
  }
}
