import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { OAuthClientOptions } from '../../../src/sandbox/oauth/oauth-client.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { orgOf, send, userOf, withSandbox } from '../with-sandbox.ts'
import {
  type AppKey,
  askToken,
  assertionClaims,
  type Claims,
  clientId,
  formFor,
  makeKey,
  post,
  refusalOf,
  sign,
  tokenOf,
} from './service-app.ts'

let rsa: AppKey
let ec: AppKey
let other: AppKey
const seed = orgOf([userOf('ann@example.com', 'ACTIVE')])

beforeAll(async () => {
  ;[rsa, ec, other] = await Promise.all([makeKey('RS256'), makeKey('ES256'), makeKey('RS256')])
})

function app(key: AppKey, rest: Partial<OAuthClientOptions> = {}): OAuthClientOptions {
  return { id: clientId, keys: [key.publicJwk], dpop: false, ...rest }
}

describe('the token endpoint', () => {
  it.each(['RS256', 'ES256'] as const)('gives an app a token for an assertion by %s', async (alg) => {
    const key = alg === 'RS256' ? rsa : ec
    await withSandbox({ seed, oauth: { clients: [app(key)], tokenSeconds: 20 } }, async (sandbox) => {
      const answer = await askToken(sandbox, key)
      expect(answer).toMatchObject({
        status: 200,
        body: { token_type: 'Bearer', expires_in: 20, scope: 'okta.users.manage okta.users.read' },
        headers: {
          'content-type': 'application/json',
          'cache-control': 'no-cache, no-store',
          'x-rate-limit-limit': '1000',
          'x-rate-limit-remaining': '999',
        },
      })
      const claims = decodeJwt(tokenOf(answer))
      expect(claims).toMatchObject({ iss: sandbox.url, sub: clientId, cid: clientId })
      expect(claims).toMatchObject({ scp: ['okta.users.manage', 'okta.users.read'] })
      expect(Number(claims.exp) - Number(claims.iat)).toBe(20)
      expect(decodeProtectedHeader(tokenOf(answer)).alg).toBe('RS256')
      const authorization = `Bearer ${tokenOf(answer)}`
      const read = await send(`${sandbox.url}/api/v1/users/ann`, 'GET', { authorization })
      expect(read).toMatchObject({ status: 200, body: { status: 'ACTIVE' } })
    })
  })

  const second = (): number => Math.floor(Date.now() / 1000)
  const wrong: readonly (readonly [string, () => Claims, string])[] = [
    [
      'an audience that is another',
      () => ({ aud: 'https://example.okta.com/oauth2/v1/token' }),
      '401 invalid_client: The audience claim for client_assertion must be the endpoint invoked for the request.',
    ],
    [
      'an end that is past',
      () => ({ exp: second() - 1 }),
      '401 invalid_client: The client_assertion token is expired.',
    ],
    [
      'an end that is far',
      () => ({ exp: second() + 3700 }),
      '401 invalid_client: The client_assertion token has an expiration too far into the future.',
    ],
    [
      'no end',
      () => ({ exp: undefined }),
      '401 invalid_client: The client_assertion token must have an expiration.',
    ],
    [
      'a beginning to come',
      () => ({ iat: second() + 600 }),
      '401 invalid_client: The client_assertion token must be issued before the current time.',
    ],
    [
      'another subject',
      () => ({ sub: 'somebody' }),
      '401 invalid_client: The issuer and the subject of client_assertion must be the client_id.',
    ],
    [
      'an unknown client',
      () => ({ iss: '0oaNobody', sub: '0oaNobody' }),
      "400 invalid_client: Invalid value for 'client_id' parameter.",
    ],
  ]
  it.each(wrong)('refuses %s', async (_what, claims, expected) => {
    await withSandbox({ seed, oauth: { clients: [app(ec)] } }, async (sandbox) => {
      expect(refusalOf(await askToken(sandbox, ec, { claims: claims() }))).toBe(expected)
      expect((await askToken(sandbox, ec)).status).toBe(200)
    })
  })

  it('refuses a key that is not the app’s, one that it does not have, and a token without a signature', async () => {
    const named = { ...rsa.publicJwk, kid: 'one' }
    const clients = [app(rsa, { keys: [named] }), app(rsa, { id: 'two', keys: [named, other.publicJwk] })]
    await withSandbox({ seed, oauth: { clients } }, async (sandbox) => {
      const ask = async (key: AppKey, header: object, iss = clientId): Promise<string> => {
        const assertion = await sign(key, { ...assertionClaims(sandbox), iss, sub: iss }, header)
        const answer = await post(sandbox, formFor(assertion))
        return answer.status === 200 ? 'given' : refusalOf(answer)
      }
      const badKey = '401 invalid_client: The client_assertion JWT kid is invalid.'
      const badSignature = '401 invalid_client: The client_assertion signature is invalid.'
      expect(await ask(rsa, { kid: 'one' })).toBe('given')
      expect(await ask(rsa, {})).toBe('given')
      expect(await ask(rsa, { kid: 'three' })).toBe(badKey)
      expect(await ask(other, { kid: 'one' })).toBe(badSignature)
      expect(await ask(other, { kid: 'none of them' }, 'two')).toBe('given')
      expect(await ask(rsa, {}, 'two')).toBe(badKey)
      const unsigned = [{ alg: 'none' }, assertionClaims(sandbox)]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      expect(refusalOf(await post(sandbox, formFor(`${unsigned}.`)))).toBe(badSignature)
      expect(refusalOf(await post(sandbox, formFor('nonsense')))).toMatch(/^401 invalid_client: .*malformed/)
    })
  })

  it('takes an assertion with a jti once, one without again and again', async () => {
    await withSandbox({ seed, oauth: { clients: [app(ec)] } }, async (sandbox) => {
      const once = formFor(await sign(ec, assertionClaims(sandbox)))
      expect((await post(sandbox, once)).status).toBe(200)
      expect(refusalOf(await post(sandbox, once))).toBe(
        '401 invalid_client: The client_assertion token has already been used.',
      )
      const often = formFor(await sign(ec, { ...assertionClaims(sandbox), jti: undefined }))
      for (let time = 0; time < 2; time += 1) expect((await post(sandbox, often)).status).toBe(200)
    })
  })

  it('gives the scopes that the app has been granted', async () => {
    const clients = [app(ec, { scopes: ['okta.users.read'] })]
    await withSandbox({ seed, oauth: { clients } }, async (sandbox) => {
      const ask = async (scope: string): Promise<unknown> => {
        const answer = await askToken(sandbox, ec, { scope })
        return answer.status === 200 ? (answer.body as { scope: string }).scope : refusalOf(answer)
      }
      expect(await ask('okta.users.manage okta.users.read')).toBe('okta.users.read')
      expect(await ask('okta.users.manage')).toBe(
        '400 consent_required: You are not allowed any of the requested scopes.',
      )
      expect(await ask('okta.users.read openid')).toBe(
        '400 invalid_scope: One or more scopes are not configured for the authorization server resource.',
      )
      expect(await ask('')).toMatch(/^400 invalid_scope/)
    })
  })

  it.each([
    [{ grant_type: '' }, '400 invalid_request'],
    [{ grant_type: 'password' }, '400 unsupported_grant_type'],
    [{ client_assertion_type: 'jwt' }, '401 invalid_client: The client_assertion_type is invalid.'],
    [{ client_id: 'another' }, "400 invalid_client: Invalid value for 'client_id' parameter."],
  ])('refuses a form with %j', async (change, expected) => {
    await withSandbox({ seed, oauth: { clients: [app(ec)] } }, async (sandbox) => {
      const form = formFor(await sign(ec, assertionClaims(sandbox)))
      expect(refusalOf(await post(sandbox, { ...form, ...change }))).toContain(expected)
    })
  })

  it('refuses a client secret, a body that is no form, and every app where the org has none', async () => {
    await withSandbox({ seed, oauth: { clients: [app(ec)] } }, async (sandbox) => {
      const secret = { grant_type: 'client_credentials', client_id: clientId, client_secret: 'x' }
      expect(refusalOf(await post(sandbox, secret))).toMatch(/^401 invalid_client: .*private_key_jwt/)
      expect(refusalOf(await post(sandbox, {}, { 'content-type': 'application/json' }))).toMatch(
        /^400 invalid_request/,
      )
    })
    await withSandbox({ seed }, async (sandbox) => {
      expect(refusalOf(await askToken(sandbox, ec))).toMatch(/^400 invalid_client/)
    })
  })

  it('judges times by the org’s clock', async () => {
    const options = { seed, oauth: { clients: [app(ec)] }, clockSkewSeconds: 600 }
    await withSandbox(options, async (sandbox) => {
      expect(refusalOf(await askToken(sandbox, ec))).toMatch(/is expired/)
      expect((await askToken(sandbox, ec, {}, Date.now() + 600_000)).status).toBe(200)
    })
  })

  it('counts the calls of an app and of strangers apart', async () => {
    const options = { seed, oauth: { clients: [app(ec)] }, limits: { '/oauth2/v1': 4 } }
    await withSandbox(options, async (sandbox) => {
      const stranger = { claims: { iss: '0oaNobody', sub: '0oaNobody' } }
      for (let call = 0; call < 2; call += 1) await askToken(sandbox, ec, stranger)
      expect((await askToken(sandbox, ec, stranger)).status).toBe(429)
      expect((await askToken(sandbox, ec)).headers['x-rate-limit-remaining']).toBe('1')
    })
  })
})

describe('the apps of an org', () => {
  it('have public keys in PEM too', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const key = { alg: 'ES256', privateKey, publicJwk: {} } as unknown as AppKey
    await withSandbox({ seed, oauth: { clients: [app(ec, { keys: [pem] })] } }, async (sandbox) => {
      expect((await askToken(sandbox, key)).status).toBe(200)
    })
  })

  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  it.each([
    [[{ id: 'a', keys: ['nonsense'] }], /client a can't be read/],
    [[{ id: 'a', keys: [short] }], /2048 bits/],
    [[{ id: 'a', keys: [] }], /has no key/],
    [[{ id: '', keys: [short] }], /or one has none/],
  ])('are refused: %#', async (clients, expected) => {
    await expect(startSandbox({ seed, oauth: { clients } })).rejects.toThrow(expected)
  })

  it('are refused where two have one id, or tokens no life', async () => {
    await expect(startSandbox({ seed, oauth: { clients: [app(ec), app(ec)] } })).rejects.toThrow(/Two OAuth/)
    await expect(startSandbox({ seed, oauth: { clients: [app(ec)], tokenSeconds: 0 } })).rejects.toThrow(
      /life/,
    )
  })
})
