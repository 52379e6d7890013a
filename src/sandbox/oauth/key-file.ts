import type { JsonWebKey } from 'node:crypto'
import { KnownError, Refusal } from '../../messages/known-error.ts'

/**
 * Reads a file of public keys: one in PEM, a JWK, or a JWK set. `source` names the file for the message of the
 * {@link KnownError} that is thrown if it is none of these.
 */
export function parseKeyFile(text: string, source: string): readonly (string | JsonWebKey)[] {
  if (text.trimStart().startsWith('-----BEGIN ')) return [text]
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = null
  }
  const found = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : [json]
  const keys = Array.isArray(found) ? found.filter(isKey) : []
  if (keys.length > 0 && Array.isArray(found) && keys.length === found.length) return keys
  throw new Refusal(
    `${source} contains no public key in PEM, no JWK and no JWK set.`,
    'openssl pkey -in key.pem -pubout -out public.pem',
  )
}

function isKey(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string'
}
