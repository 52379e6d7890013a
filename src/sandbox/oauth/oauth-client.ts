import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { KnownError, Refusal } from '../../messages/known-error.ts'

/** A service app of the org, as a test or the command names it. */
export interface OAuthClientOptions {
  /** The client id. */
  readonly id: string
  /** Public keys, each in PEM or as a JWK. A JWK's `kid` is the one that an assertion may name. */
  readonly keys: readonly (string | JsonWebKey)[]
  /** What the org has granted it. Default: {@link defaultScopes}. */
  readonly scopes?: readonly string[]
  /** Whether its tokens are bound to a key by DPoP. Okta's default for a new app, and the default here. */
  readonly dpop?: boolean
  /** Whether the app has an admin role. Without one, Okta answers but shows and allows nothing. Default true. */
  readonly hasRole?: boolean
}

/** The scopes of a service app that this program would use: its usual two, and those that its guards need. */
export const defaultScopes = [
  'okta.users.manage',
  'okta.users.read',
  'okta.groups.read',
  'okta.roles.read',
] as const

/** A public key of a client. If `kid` is null, the key serves for any `kid`. */
export interface ClientKey {
  readonly kid: string | null
  readonly key: KeyObject
}

/** A service app of the org. */
export interface OAuthClient {
  readonly id: string
  readonly keys: readonly ClientKey[]
  readonly scopes: readonly string[]
  readonly dpop: boolean
  readonly hasRole: boolean
}

function readKey(id: string, given: string | JsonWebKey): ClientKey {
  let key: KeyObject
  try {
    key = createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' })
  } catch (cause) {
    throw new Refusal(
      `A key of the OAuth client ${id} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Give its public key in PEM, or as a JWK.',
      cause,
    )
  }
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (!['rsa', 'ec'].includes(key.asymmetricKeyType ?? '') || (bits !== undefined && bits < 2048)) {
    throw new Refusal(
      `A key of the OAuth client ${id} is neither RSA with 2048 bits or more nor EC.`,
      'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem',
    )
  }
  const kid = typeof given === 'string' ? undefined : given.kid
  return { kid: typeof kid === 'string' ? kid : null, key }
}

/** Reads the clients of an org. Throws a {@link KnownError} if two have the same id, or a key is not a public key. */
export function readClients(given: readonly OAuthClientOptions[]): ReadonlyMap<string, OAuthClient> {
  const clients = new Map<string, OAuthClient>()
  for (const { id, keys, scopes = defaultScopes, dpop = true, hasRole = true } of given) {
    if (id === '' || clients.has(id)) {
      throw new Refusal(
        `Two OAuth clients have the id ${JSON.stringify(id)}, or one has none.`,
        'Give each client an id of its own.',
      )
    }
    if (keys.length === 0) throw new Refusal(`The OAuth client ${id} has no key.`, 'Give a public key.')
    clients.set(id, { id, keys: keys.map((key) => readKey(id, key)), scopes, dpop, hasRole })
  }
  return clients
}
