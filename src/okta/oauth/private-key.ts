import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto'
import { Refusal } from '../../messages/known-error.ts'
import { privateKeyBlocks } from './pem-block.ts'

/** The algorithms that Okta accepts for assertions. Source: Okta's guide to OAuth for service apps. */
type Algorithm = 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'ES384' | 'ES512'

/** The private key of a service app. A `KeyObject` reveals nothing when it is printed. */
export interface ClientKey {
  readonly key: KeyObject
  readonly algorithm: Algorithm
  /** The key's id; null if none is set, which is enough if the app has only one key. */
  readonly keyId: string | null
}

const curves: Readonly<Record<string, Algorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}
const rsaAlgorithms = ['RS256', 'RS384', 'RS512'] as const

/** Makes the error for a key that can't be used. It says where the key came from, and never shows any part of it. */
export type KeyFault = (what: string, fix?: string) => Refusal

/** Reads a key in PEM, or a JWK. Throws what `fault` makes. */
export function parseKeyText(text: string, keyId: string | null, fault: KeyFault): ClientKey {
  if (text.startsWith('{')) {
    let jwk: unknown
    try {
      jwk = JSON.parse(text)
    } catch {
      throw fault('begins like a JWK, but is broken JSON')
    }
    return parseJwk(jwk as JsonWebKey, keyId, fault)
  }
  // Environment files keep a key on one line, with the two characters \n for each line feed.
  const pem = text.replaceAll(/\\r/g, '').replaceAll(/\\n/g, '\n')
  const blocks = privateKeyBlocks(pem)
  const [block] = blocks
  if (block === undefined)
    throw fault(
      /BEGIN (?:RSA )?PUBLIC KEY|BEGIN CERTIFICATE/.test(pem)
        ? 'contains a public key or a certificate instead of the private key'
        : 'contains neither PEM nor a JWK',
    )
  if (blocks.length > 1)
    throw fault(`contains ${blocks.length} private keys, and nobody can tell which one belongs to the app`)
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(block)) {
    throw fault(
      "contains a key that is locked with a passphrase, and this program can't unlock it",
      'Unlock it into a file with mode 0600 and set that path: openssl pkey -in key.pem -out unlocked.pem',
    )
  }
  if (block.includes('BEGIN OPENSSH PRIVATE KEY')) {
    throw fault(
      "contains a key in OpenSSH's own format",
      'Convert a copy of the key and set the path of the copy: cp key.pem copy.pem && ssh-keygen -p -m PKCS8 -f copy.pem',
    )
  }
  try {
    return checked(createPrivateKey(block), undefined, keyId, fault)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw fault('begins like a key in PEM, but what follows is cut off or damaged')
  }
}

/** Reads a JWK. Throws what `fault` makes. */
export function parseJwk(given: JsonWebKey, keyId: string | null, fault: KeyFault): ClientKey {
  const { kty, d, kid, alg } = given
  if ('keys' in given) throw fault('is a set of JWKs, and one private JWK was expected')
  if (kty !== 'RSA' && kty !== 'EC') throw fault('is a JWK, but its key type is neither RSA nor EC')
  if (typeof d !== 'string' || d === '')
    throw fault('is a JWK of a public key: the private part (d) is missing')
  let key: KeyObject
  try {
    key = createPrivateKey({ key: given, format: 'jwk' })
  } catch {
    throw fault('is a JWK with a part that is missing or damaged')
  }
  const own = typeof kid === 'string' && kid !== '' ? kid : null
  return checked(key, alg, keyId ?? own, fault)
}

function checked(key: KeyObject, wanted: unknown, keyId: string | null, fault: KeyFault): ClientKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (!fitsTogether(key))
    throw fault("has parts that do not fit together: one can't verify what the other signs")
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    if (bits < 2048) throw fault(`is an RSA key of ${bits} bits; Okta accepts 2048 bits or more`)
    return { key, algorithm: rsaAlgorithms.find((name) => name === wanted) ?? 'RS256', keyId }
  }
  const algorithm = type === 'ec' ? curves[details?.namedCurve ?? ''] : undefined
  if (algorithm !== undefined) return { key, algorithm, keyId }
  const found = type === 'ec' ? `on the curve ${details?.namedCurve ?? 'unknown'}` : `of the type ${type}`
  throw fault(`is a key ${found}; Okta accepts RSA and EC keys (P-256, P-384, P-521)`)
}

/**
 * Whether the public part of a key verifies what its private part signs. It does not if the parts come from two keys.
 */
function fitsTogether(key: KeyObject): boolean {
  const probe = Buffer.from('okta-lifecycle')
  try {
    return verify('sha256', probe, createPublicKey(key), sign('sha256', probe, key))
  } catch {
    // A key of a type that can't sign this way gets its own error in `checked`.
    return key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec'
  }
}
