import { createHash, randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { request } from 'undici'
import type { Answer } from '../with-sandbox.ts'

/** A sandbox as far as a service app knows it. */
interface Served {
  readonly url: string
}

/** A key of a service app, as the app has it and as the org does. */
export interface AppKey {
  readonly alg: 'RS256' | 'ES256'
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export async function makeKey(alg: AppKey['alg']): Promise<AppKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, publicJwk: await exportJWK(publicKey) }
}

/** Claims as a test wants them; one that is undefined is left out. */
export type Claims = Readonly<Record<string, unknown>>

/** Signs claims with a key. `header` comes on top of the algorithm. */
export async function sign(key: AppKey, claims: Claims, header: object = {}): Promise<string> {
  return await new SignJWT(claims as JWTPayload)
    .setProtectedHeader({ alg: key.alg, ...header })
    .sign(key.privateKey)
}

export const clientId = '0oaServiceApp0000000'

/** The claims of an assertion for a sandbox's token endpoint. `now` is in milliseconds. */
export function assertionClaims(sandbox: Served, now = Date.now()): Claims {
  const second = Math.floor(now / 1000)
  const aud = `${sandbox.url}/oauth2/v1/token`
  return { iss: clientId, sub: clientId, aud, iat: second, exp: second + 300, jti: randomUUID() }
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a client sends to get a token with this assertion. */
export function formFor(
  assertion: string,
  scope = 'okta.users.manage okta.users.read',
): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: assertionType,
    client_assertion: assertion,
  }
}

export async function post(
  sandbox: Served,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await request(`${sandbox.url}/oauth2/v1/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  })
  const text = await response.body.text()
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) }
}

/** A token request with an assertion that is right but for what `change` makes of it. */
export async function askToken(
  sandbox: Served,
  key: AppKey,
  change: { readonly claims?: Claims; readonly scope?: string; readonly proof?: string } = {},
  now = Date.now(),
): Promise<Answer> {
  const assertion = await sign(key, { ...assertionClaims(sandbox, now), ...change.claims })
  return await post(
    sandbox,
    formFor(assertion, change.scope),
    change.proof === undefined ? {} : { dpop: change.proof },
  )
}

/** How a token request was refused. */
export function refusalOf({ status, body }: Answer): string {
  const { error, error_description } = body as { error: string; error_description: string }
  return `${status} ${error}: ${error_description}`
}

export function tokenOf({ body }: Answer): string {
  return (body as { access_token: string }).access_token
}

/** A DPoP proof of a key. `claims` come on top of a fresh `iat` and `jti`. */
export async function proofOf(key: AppKey, claims: Claims, header: object = {}): Promise<string> {
  const fresh = { iat: Math.floor(Date.now() / 1000), jti: randomUUID() }
  return await sign(key, { ...fresh, ...claims }, { typ: 'dpop+jwt', jwk: key.publicJwk, ...header })
}

/** A DPoP token: the challenge first, then the request with the nonce. */
export async function dpopToken(
  sandbox: Served,
  app: AppKey,
  key: AppKey,
  now = Date.now(),
): Promise<Answer> {
  const iat = Math.floor(now / 1000)
  const claims = { htm: 'POST', htu: `${sandbox.url}/oauth2/v1/token`, iat }
  const challenged = await askToken(sandbox, app, { proof: await proofOf(key, claims) }, now)
  const nonce = String(challenged.headers['dpop-nonce'])
  return await askToken(sandbox, app, { proof: await proofOf(key, { ...claims, nonce }) }, now)
}

/** The `ath` claim of a token. */
export function athOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}
