import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'

/** A JWT taken apart. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

/** Takes a JWT apart; null where it is none. */
export function parseJwt(text: string): Jwt | null {
  const [header = '', claims = '', signature = '', ...more] = text.split('.')
  if (signature === '' || more.length > 0) return null
  try {
    const read = (part: string): Jwt['claims'] => JSON.parse(Buffer.from(part, 'base64url').toString())
    const parts = { header: read(header), claims: read(claims) }
    return { ...parts, signed: `${header}.${claims}`, signature: Buffer.from(signature, 'base64url') }
  } catch {
    return null
  }
}

/** Whether a key has signed it, by RS256 or ES256 as its header says. */
export function isSignedBy({ header, signed, signature }: Jwt, key: KeyObject): boolean {
  const type = header.alg === 'RS256' ? 'rsa' : header.alg === 'ES256' ? 'ec' : 'none'
  if (key.asymmetricKeyType !== type) return false
  const how = type === 'ec' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
  return verify('sha256', Buffer.from(signed), how, signature)
}

/** The key that a JWT brings in its header; null where it brings none. */
export function keyIn({ header }: Jwt): KeyObject | null {
  try {
    return createPublicKey({ key: header.jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return null
  }
}
