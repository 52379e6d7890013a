import { beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/sandbox.ts'
import { type Answer, orgOf, send, userOf, withSandbox } from '../with-sandbox.ts'
import {
  type AppKey,
  askToken,
  athOf,
  type Claims,
  clientId,
  dpopToken,
  makeKey,
  proofOf,
  refusalOf,
  tokenOf,
} from './service-app.ts'

let app: AppKey
let key: AppKey
let stolen: AppKey
const ann = userOf('ann@example.com', 'ACTIVE')
const seed = orgOf([ann])

beforeAll(async () => {
  ;[app, key, stolen] = await Promise.all([makeKey('RS256'), makeKey('ES256'), makeKey('ES256')])
})

function optionsOf(rest: object = {}, more: Partial<SandboxOptions> = {}): SandboxOptions {
  return { seed, ...more, oauth: { clients: [{ id: clientId, keys: [app.publicJwk], ...rest }] } }
}

const bearer = { dpop: false }

/** `error: description` of a `www-authenticate` header, with the status before it. */
function challengeOf({ status, headers }: Answer): string {
  const header = String(headers['www-authenticate'])
  const [, error = ''] = /error="([^"]*)"/.exec(header) ?? []
  const [, description = ''] = /error_description="([^"]*)"/.exec(header) ?? []
  return `${status} ${header.split(' ', 1)[0]} ${error}: ${description}`
}

describe('a bearer token', () => {
  it('is taken until it expires, by the org’s clock', async () => {
    let now = Date.now()
    await withSandbox(optionsOf(bearer, { now: () => now }), async (sandbox) => {
      const authorization = `Bearer ${tokenOf(await askToken(sandbox, app, {}, now))}`
      const url = `${sandbox.url}/api/v1/users/ann`
      now += 3_599_000
      expect((await send(url, 'GET', { authorization })).status).toBe(200)
      now += 1000
      const late = await send(url, 'GET', { authorization })
      expect(challengeOf(late)).toBe('401 Bearer invalid_token: The access token has expired.')
      expect(late.body).toMatchObject({ errorCode: 'E0000011' })
      expect(late.headers['www-authenticate']).toBe(
        `Bearer authorization_uri="${sandbox.url}/oauth2/v1/authorize", realm="${sandbox.url}", scope="okta.users.read", error="invalid_token", error_description="The access token has expired.", resource="/api/v1/users/ann"`,
      )
    })
  })

  it('is not taken once it is revoked, nor where it was never given out', async () => {
    await withSandbox(optionsOf(bearer), async (sandbox) => {
      const authorization = `Bearer ${tokenOf(await askToken(sandbox, app))}`
      const url = `${sandbox.url}/api/v1/users/ann`
      const invalid = '401 Bearer invalid_token: The access token is invalid.'
      expect((await send(url, 'GET', { authorization })).status).toBe(200)
      expect((await send(`${sandbox.url}/sandbox/access-tokens`, 'DELETE')).status).toBe(200)
      expect(challengeOf(await send(url, 'GET', { authorization }))).toBe(invalid)
      expect(challengeOf(await send(url, 'GET', { authorization: 'Bearer made-up' }))).toBe(invalid)
      expect(challengeOf(await send(url, 'GET', { authorization: 'DPoP made-up' }))).toBe(invalid)
      expect((await askToken(sandbox, app)).status).toBe(200)
    })
  })

  it('needs the scope of each call, and leaves everything as it is without it', async () => {
    await withSandbox(optionsOf(bearer), async (sandbox) => {
      const scopes = ['okta.users.read', 'okta.users.manage', 'okta.groups.read', 'okta.roles.read'] as const
      const tokens = new Map<string, string>()
      for (const scope of scopes) tokens.set(scope, tokenOf(await askToken(sandbox, app, { scope })))
      const calls = [
        ['GET', '/users', 'okta.users.read'],
        ['GET', `/users/${ann.id}`, 'okta.users.read'],
        ['GET', `/users/${ann.id}/factors`, 'okta.users.read'],
        ['GET', `/users/${ann.id}/roles`, 'okta.roles.read'],
        ['GET', '/iam/assignees/users', 'okta.roles.read'],
        ['GET', '/groups', 'okta.groups.read'],
        ['POST', `/users/${ann.id}/lifecycle/suspend`, 'okta.users.manage'],
      ] as const
      for (const [method, path, needed] of calls) {
        for (const scope of scopes.toSorted((one, two) => Number(one === needed) - Number(two === needed))) {
          const authorization = `Bearer ${tokens.get(scope)}`
          const answer = await send(`${sandbox.url}/api/v1${path}`, method, { authorization })
          const expected =
            scope === needed || scope === needed.replace('.read', '.manage')
              ? 200
              : '403 Bearer insufficient_scope: The access token provided does not contain the required scopes.'
          expect([path, scope, answer.status === 200 ? 200 : challengeOf(answer)]).toEqual([
            path,
            scope,
            expected,
          ])
        }
      }
      expect(sandbox.org.applied.get(ann.id)).toEqual({ suspend: 1 })
    })
  })

  it('counts as its app, however many tokens the app has', async () => {
    await withSandbox(optionsOf(bearer), async (sandbox) => {
      const remaining: unknown[] = []
      for (let token = 0; token < 3; token += 1) {
        const authorization = `Bearer ${tokenOf(await askToken(sandbox, app))}`
        const answer = await send(`${sandbox.url}/api/v1/users`, 'GET', { authorization })
        remaining.push(answer.headers['x-rate-limit-remaining'])
      }
      expect(remaining).toEqual(['299', '298', '297'])
      for (const others of ['SSWS a-token', 'Bearer made-up']) {
        const { headers } = await send(`${sandbox.url}/api/v1/users`, 'GET', { authorization: others })
        expect([others, headers['x-rate-limit-remaining']]).toEqual([others, '299'])
      }
    })
  })
})

describe('an app without an admin role', () => {
  it('finds nobody, with 200, and may do nothing else', async () => {
    await withSandbox(optionsOf({ ...bearer, hasRole: false }), async (sandbox) => {
      const authorization = `Bearer ${tokenOf(await askToken(sandbox, app))}`
      const list = await send(`${sandbox.url}/api/v1/users?limit=1`, 'GET', { authorization })
      expect(list).toMatchObject({ status: 200, body: [] })
      expect(list.headers.link).toMatch(/rel="self"$/)
      for (const [method, path] of [
        ['GET', `/users/${ann.id}`],
        ['POST', `/users/${ann.id}/lifecycle/suspend`],
      ] as const) {
        const answer = await send(`${sandbox.url}/api/v1${path}`, method, { authorization })
        expect(answer).toMatchObject({ status: 403, body: { errorCode: 'E0000006' } })
      }
      expect(sandbox.org.find(ann.id)?.status).toBe('ACTIVE')
    })
  })
})

describe('DPoP', () => {
  it('is asked for as recorded: a proof, then a nonce, then there is a token', async () => {
    await withSandbox(optionsOf(), async (sandbox) => {
      expect(refusalOf(await askToken(sandbox, app))).toBe(
        '400 invalid_dpop_proof: The DPoP proof JWT header is missing.',
      )
      const claims = { htm: 'POST', htu: `${sandbox.url}/oauth2/v1/token` }
      const challenged = await askToken(sandbox, app, { proof: await proofOf(key, claims) })
      expect(refusalOf(challenged)).toBe(
        '400 use_dpop_nonce: Authorization server requires nonce in DPoP proof.',
      )
      const nonce = String(challenged.headers['dpop-nonce'])
      const proof = await proofOf(key, { ...claims, nonce })
      const answer = await askToken(sandbox, app, { proof })
      expect(answer).toMatchObject({
        status: 200,
        body: { token_type: 'DPoP', expires_in: 3600 },
        headers: { 'dpop-nonce': nonce },
      })
      expect(refusalOf(await askToken(sandbox, app, { proof }))).toBe(
        '400 invalid_dpop_proof: The DPoP proof JWT has already been used.',
      )
      const old = await askToken(sandbox, app, { proof: await proofOf(key, { ...claims, nonce: 'old' }) })
      expect(refusalOf(old)).toMatch(/^400 use_dpop_nonce/)
    })
  })

  it('keeps a nonce for a day, and takes the old one for three', async () => {
    let now = Date.now()
    await withSandbox(optionsOf({}, { now: () => now }), async (sandbox) => {
      const htu = `${sandbox.url}/oauth2/v1/token`
      const ask = async (nonce?: string): Promise<Answer> => {
        const iat = Math.floor(now / 1000)
        const proof = await proofOf(key, { htm: 'POST', htu, iat, ...(nonce === undefined ? {} : { nonce }) })
        return await askToken(sandbox, app, { proof }, now)
      }
      const first = String((await ask()).headers['dpop-nonce'])
      now += 24 * 3_600_000
      const later = await ask(first)
      expect(later.status).toBe(200)
      expect(later.headers['dpop-nonce']).not.toBe(first)
      now += 2 * 24 * 3_600_000 - 1000
      expect((await ask(first)).status).toBe(200)
      now += 1000
      expect(refusalOf(await ask(first))).toMatch(/^400 use_dpop_nonce/)
    })
  })

  /** Reads ann with a token of {@link key} and a proof that is right but for `claims` and `header`. */
  async function read(
    sandbox: Sandbox,
    token: string,
    { claims = {}, header = {}, by = key, path = `/api/v1/users/${ann.id}` }: ReadChange = {},
  ): Promise<string> {
    const url = `${sandbox.url}${path}`
    const right = { htm: 'GET', htu: url.split('?', 1)[0] ?? '', ath: athOf(token) }
    const dpop = await proofOf(by, { ...right, ...claims }, header)
    const answer = await send(url, 'GET', { authorization: `DPoP ${token}`, dpop })
    return answer.status === 200 ? '200' : challengeOf(answer)
  }

  interface ReadChange {
    readonly claims?: Claims
    readonly header?: object
    readonly by?: AppKey
    readonly path?: string
  }

  it('binds a token to its key, the call and the time', async () => {
    await withSandbox(optionsOf(), async (sandbox) => {
      const token = tokenOf(await dpopToken(sandbox, app, key))
      const second = Math.floor(Date.now() / 1000)
      const no = '400 DPoP invalid_dpop_proof: '
      expect(await read(sandbox, token)).toBe('200')
      expect(await read(sandbox, token, { path: `/api/v1/users/${ann.id}?x=1` })).toBe('200')
      expect(await read(sandbox, token, { by: stolen })).toMatch(`${no}The DPoP proof JWT is not signed with`)
      expect(await read(sandbox, token, { claims: { htm: 'POST' } })).toBe(
        `${no}'htm' claim in the DPoP proof JWT is invalid.`,
      )
      const elsewhere = { htu: `${sandbox.url}/api/v1/users` }
      expect(await read(sandbox, token, { claims: elsewhere })).toBe(
        `${no}'htu' claim in the DPoP proof JWT is invalid.`,
      )
      expect(await read(sandbox, token, { claims: { ath: athOf('another') } })).toBe(
        `${no}'ath' claim in the DPoP proof does not match the presented access_token.`,
      )
      expect(await read(sandbox, token, { claims: { ath: undefined } })).toContain("'ath' claim")
      expect(await read(sandbox, token, { claims: { jti: undefined } })).toContain("'jti' claim")
      expect(await read(sandbox, token, { claims: { iat: undefined } })).toContain("'iat' claim")
      expect(await read(sandbox, token, { claims: { iat: second - 310 } })).toBe(
        `${no}The DPoP proof JWT is issued more than five minutes in the past.`,
      )
      expect(await read(sandbox, token, { claims: { iat: second + 310 } })).toContain('in the future')
      expect(await read(sandbox, token, { header: { typ: 'jwt' } })).toContain('is invalid')
      expect(await read(sandbox, token, { header: { jwk: stolen.publicJwk } })).toContain('is invalid')
    })
  })

  it('takes a proof once, and no token without one or as a bearer', async () => {
    await withSandbox(optionsOf(), async (sandbox) => {
      const token = tokenOf(await dpopToken(sandbox, app, key))
      const url = `${sandbox.url}/api/v1/users/${ann.id}`
      const dpop = await proofOf(key, { htm: 'GET', htu: url, ath: athOf(token) })
      const call = (headers: Record<string, string>): Promise<Answer> => send(url, 'GET', headers)
      const authorization = `DPoP ${token}`
      expect((await call({ authorization, dpop })).status).toBe(200)
      const again = await call({ authorization, dpop })
      expect(challengeOf(again)).toBe(
        '400 DPoP invalid_dpop_proof: The DPoP proof JWT has already been used.',
      )
      expect(again.body).toBeNull()
      expect(again.headers['www-authenticate']).toContain(
        'DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", authorization_uri=',
      )
      expect(challengeOf(await call({ authorization }))).toBe(
        '400 DPoP invalid_dpop_proof: The DPoP proof JWT header is missing.',
      )
      const fresh = await proofOf(key, { htm: 'GET', htu: url, ath: athOf(token) })
      expect(challengeOf(await call({ authorization: `Bearer ${token}`, dpop: fresh }))).toBe(
        '400 Bearer invalid_request: The resource request requires a DPoP proof.',
      )
      expect(sandbox.traffic().answers).toMatchObject({ 400: 4 })
    })
  })

  it('compares htu with the path as Okta reads it: no escapes, no second slash', async () => {
    await withSandbox(optionsOf(), async (sandbox) => {
      const token = tokenOf(await dpopToken(sandbox, app, key))
      const path = '/api/v1/users/ann%40example.com'
      expect(await read(sandbox, token, { path })).toContain("'htu' claim")
      const htu = `${sandbox.url}/api/v1/users/ann@example.com`
      expect(await read(sandbox, token, { path, claims: { htu } })).toBe('200')
      const doubled = `//api/v1/users/${ann.id}`
      expect(await read(sandbox, token, { path: doubled })).toContain("'htu' claim")
      const single = { htu: `${sandbox.url}/api/v1/users/${ann.id}` }
      expect(await read(sandbox, token, { path: doubled, claims: single })).toBe('200')
    })
  })

  it('is not asked of an app that does without, whose token is a bearer’s whatever it sends', async () => {
    await withSandbox(optionsOf(bearer), async (sandbox) => {
      const proof = await proofOf(key, { htm: 'POST', htu: `${sandbox.url}/oauth2/v1/token` })
      const answer = await askToken(sandbox, app, { proof })
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
      expect(await read(sandbox, tokenOf(answer))).toMatch(/^401 Bearer invalid_token/)
    })
  })
})
