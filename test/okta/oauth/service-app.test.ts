import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lifecycleRequest, listAssigneesRequest, readUserRequest } from '../../../src/okta/request.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { orgOf, send, userOf } from '../../sandbox/with-sandbox.ts'
import { startForeignAuthorization } from '../../support/foreign-authorization/server.ts'
import { createForeignOrg } from '../../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../../support/foreign-org/user.ts'
import { type AppClientOptions, appClient, clientId, makeKeys } from './service-app-client.ts'

const rsa = makeKeys('RS256', 'first')
const ec = makeKeys('ES256', 'second')
const ann = userOf('ann@example.com', 'ACTIVE')
const readAnn = readUserRequest(ann.id)
const plain = { sendEmail: null, respondAsync: false }

interface Org {
  readonly sandbox: Sandbox
  revoke(): Promise<unknown>
}

interface OrgOptions extends Partial<SandboxOptions> {
  readonly dpop?: boolean
  readonly granted?: readonly string[]
  readonly tokenSeconds?: number
}

/** A sandbox with the service app, behind a gate that counts the requests for tokens. It ends with the test. */
async function orgWith({ dpop = true, granted, tokenSeconds, ...rest }: OrgOptions = {}): Promise<Org> {
  const scopes = granted === undefined ? {} : { scopes: granted }
  const sandbox = await startSandbox({
    seed: orgOf([ann]),
    limits: null,
    oauth: {
      clients: [{ id: clientId, keys: [rsa.publicJwk, ec.publicJwk], dpop, ...scopes }],
      ...(tokenSeconds === undefined ? {} : { tokenSeconds }),
    },
    ...rest,
  })
  onTestFinished(() => sandbox.close())
  return {
    sandbox,
    revoke: () => send(`${sandbox.url}/sandbox/access-tokens`, 'DELETE'),
  }
}

describe.each([
  ['with DPoP', true],
  ['without DPoP', false],
])('a service app %s', (_what, dpop) => {
  it.each([
    ['RS256', rsa, 'first'],
    ['ES256', ec, 'second'],
  ] as const)(
    'signs in by %s, and gets users by id and by login, and suspends one',
    async (_alg, keys, keyId) => {
      const { sandbox } = await orgWith({ dpop })
      const client = appClient(sandbox.url, keys, { keyId })
      expect(await client.send(readAnn)).toMatchObject({ httpStatus: 200 })
      expect(await client.send(readUserRequest('ann@example.com'))).toMatchObject({ httpStatus: 200 })
      const suspended = await client.send(lifecycleRequest(ann.id, 'suspend', plain))
      expect(suspended).toMatchObject({ kind: 'answered', httpStatus: 200 })
      const query = lifecycleRequest(ann.id, 'deactivate', { sendEmail: true, respondAsync: true })
      expect(await client.send(query)).toMatchObject({ httpStatus: 200 })
      expect(sandbox.org.applied.get(ann.id)).toEqual({ suspend: 1, deactivate: 1 })
      // One request without DPoP, three with it, and nothing but the calls.
      expect(sandbox.traffic().requests).toBe(4 + (dpop ? 3 : 1))
    },
  )

  it('uses one token for many calls at once, of which there are as many as needed', async () => {
    const { sandbox } = await orgWith({ dpop })
    const client = appClient(sandbox.url, rsa)
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.send(readAnn)))
    expect(answers.every((answer) => answer.kind === 'answered' && answer.httpStatus === 200)).toBe(true)
    expect(sandbox.traffic().requests).toBe(40 + (dpop ? 3 : 1))
  })

  it('gets a new token when its token is revoked, once for all calls, and none of them fails', async () => {
    const { sandbox, revoke } = await orgWith({ dpop, latencyMilliseconds: 20 })
    const client = appClient(sandbox.url, rsa)
    await client.send(readAnn)
    const before = sandbox.traffic().requests
    await revoke()
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.send(readAnn)))
    expect(answers.map((answer) => answer.kind === 'answered' && answer.httpStatus)).toEqual(
      Array.from({ length: 8 }, () => 200),
    )
    // Eight refused, one token (the nonce is known by now), eight again. Revoking is one request of its own.
    expect(sandbox.traffic().requests - before).toBe(8 + 1 + 8)
  })

  it.each([
    ['behind', -600_000, 'behind'],
    ['ahead', 600_000, 'ahead of'],
  ])('puts right a clock that is ten minutes %s, and says so once', async (_way, aheadMs, words) => {
    const { sandbox } = await orgWith({ dpop })
    const client = appClient(sandbox.url, rsa, { aheadMs })
    for (let call = 0; call < 3; call++) expect(await client.send(readAnn)).toMatchObject({ httpStatus: 200 })
    expect(client.said).toHaveLength(1)
    expect(client.said[0]).toMatch(
      new RegExp(`This machine.s clock is (?:10 min|9 min 59 s|600 s)[ \\w]* ${words}`),
    )
    expect(sandbox.traffic().requests).toBe(3 + 1 + (dpop ? 3 : 1))
  })

  it('lives with tokens of three seconds: each is renewed ahead, and no call waits for a refusal', async () => {
    const { sandbox } = await orgWith({ dpop, tokenSeconds: 3 })
    const client = appClient(sandbox.url, ec)
    const until = performance.now() + 7_000
    const statuses: Record<string, number> = {}
    while (performance.now() < until) {
      const answer = await client.send(readAnn)
      const status = answer.kind === 'answered' ? String(answer.httpStatus) : answer.code
      statuses[status] = (statuses[status] ?? 0) + 1
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(Object.keys(statuses)).toEqual(['200'])
    expect(sandbox.traffic().answers[401] ?? 0).toBe(0)
  })
})

/** Serves on this machine until the test ends. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Why a client got no token. */
async function refusalOf(org: Org, options: AppClientOptions, keys = rsa): Promise<string> {
  const answer = await appClient(org.sandbox.url, keys, options).send(readAnn)
  expect(answer).toMatchObject({ kind: 'unanswered', mayHaveBeenSent: false, code: 'TOKEN_REFUSED' })
  const refusal = answer.kind === 'unanswered' ? answer.tokenRefusal : undefined
  return `${refusal?.why} → ${refusal?.fix}`
}

describe('a service app that Okta refuses', () => {
  it.each([
    [
      'an unknown client',
      { id: '0oaNobody' },
      /no active app with the client id 0oaNobody.*OKTA_CLIENT_CLIENTID/,
    ],
    ['a key id that the app has not', { keyId: 'gone' }, /private key does not belong.*OKTA_CLIENT_KEYID/],
    [
      'a scope that is none',
      { scopes: ['okta.users.manage', 'openid'] },
      /is not allowed the scopes.*OKTA_CLIENT_SCOPES/,
    ],
    [
      'a scope that was not granted',
      { scopes: ['okta.users.read', 'okta.apps.read'] },
      /not granted okta\.apps\.read → Let a super admin grant/,
    ],
    [
      'a scope that Okta does not know',
      { scopes: ['okta.users.read', 'okta.user.manage'] },
      /: Okta knows no scope okta\.user\.manage → In OKTA_CLIENT_SCOPES, change okta\.user\.manage to okta\.users\.manage$/,
    ],
    [
      'only a scope that Okta does not know',
      { scopes: ['okta.Groups.reed'] },
      /: Okta knows no scope okta\.Groups\.reed \(.*→ In OKTA_CLIENT_SCOPES, change okta\.Groups\.reed to okta\.groups\.read$/,
    ],
    [
      'only scopes that were not granted',
      { scopes: ['okta.apps.read'] },
      /is not allowed the scopes okta\.apps\.read/,
    ],
  ])('is told why: %s', async (_what, options, words) => {
    expect(await refusalOf(await orgWith(), options)).toMatch(words)
  })

  it('is told of a wrong key', async () => {
    expect(await refusalOf(await orgWith(), { keyId: 'first' }, makeKeys('RS256'))).toMatch(
      /private key does not belong to a public key of the app .* with the id first \(Okta answered 401 invalid_client/,
    )
  })

  it('asks no more once it is refused', async () => {
    const org = await orgWith()
    const client = appClient(org.sandbox.url, rsa, { id: '0oaNobody' })
    for (let call = 0; call < 5; call++) await client.send(readAnn)
    expect(org.sandbox.traffic().requests).toBe(1)
  })

  it('is refused with 401 only by a new token: one renewal, one more try, and then the answer', async () => {
    const seen: string[] = []
    let given = 0
    const url = await serve(({ url = '', headers }, response) => {
      seen.push(url.startsWith('/oauth2') ? 'token' : String(headers.authorization))
      const token = { access_token: `token-${++given}`, token_type: 'Bearer', expires_in: 3600 }
      if (url.startsWith('/oauth2')) response.end(JSON.stringify(token))
      else response.writeHead(401, { 'x-okta-request-id': 'r' }).end('{"errorCode":"E0000011"}')
    })
    const answer = await appClient(url, rsa).send(readAnn)
    expect(answer).toMatchObject({ httpStatus: 401, withNewToken: true, resends: 1 })
    expect(seen).toEqual(['token', 'Bearer token-1', 'token', 'Bearer token-3'])
  })
})

describe('a token endpoint that is over its limit', () => {
  it('is asked again after its reset, and the call waits for it', async () => {
    const asked: number[] = []
    const url = await serve((request, response) => {
      const headers = { 'x-okta-request-id': 'r', 'content-type': 'application/json' }
      if (request.url !== '/oauth2/v1/token') {
        response.writeHead(200, headers).end('{"id":"00u1"}')
        return
      }
      asked.push(Date.now())
      const reset = String(Math.floor(Date.now() / 1000) + 1)
      const limited = {
        'x-rate-limit-limit': '5',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': reset,
      }
      if (asked.length === 1)
        response.writeHead(429, { ...headers, ...limited }).end('{"errorCode":"E0000047"}')
      else response.end('{"access_token":"token-1","token_type":"Bearer","expires_in":3600}')
    })
    expect(await appClient(url, rsa).send(readAnn)).toMatchObject({ httpStatus: 200 })
    expect(asked).toHaveLength(2)
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(900)
  })

  it('is named, and said to be free when it is, where the wait would be too long', async () => {
    const reset = Math.floor(Date.now() / 1000) + 3_000
    const headers = { 'x-rate-limit-limit': '5', 'x-rate-limit-remaining': '0' }
    let asked = 0
    const url = await serve((_request, response) => {
      asked++
      response.writeHead(429, { ...headers, 'x-rate-limit-reset': String(reset) })
      response.end('{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit."}')
    })
    const answer = await appClient(url, rsa).send(readAnn)
    const free = new Date((reset + 1) * 1000).toISOString().slice(11, 19)
    expect(answer).toMatchObject({
      kind: 'unanswered',
      mayHaveBeenSent: false,
      code: 'TOKEN_RATE_LIMIT',
      why: `the rate limit of /oauth2/v1/token is used up (Okta answered 429 E0000047: API call exceeded rate limit); it is free again at ${free} UTC`,
    })
    expect(asked).toBe(1)
  })

  it('says until when calls wait, and waits no more once the run is stopping', async () => {
    const stopping = new AbortController()
    const url = await serve((_request, response) => {
      response.writeHead(429, { 'retry-after': '60' }).end('<html>')
    })
    const client = appClient(url, rsa, { stopping: stopping.signal, say: () => stopping.abort() })
    expect(await client.send(readAnn)).toMatchObject({ code: 'TOKEN_RATE_LIMIT' })
    expect(client.said).toEqual([
      expect.stringMatching(
        /^Waiting until \d\d:\d\d:\d\d UTC for an access token: the rate limit of \/oauth2\/v1\/token is used up\.$/,
      ),
    ])
  })

  it('is asked less and less often where its reset has passed', async () => {
    let asked = 0
    const url = await serve((_request, response) => {
      asked++
      const reset = String(Math.floor(Date.now() / 1000) - 5)
      response.writeHead(429, {
        'x-rate-limit-limit': '0',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': reset,
      })
      response.end('{}')
    })
    expect(await appClient(url, rsa, { limitPatienceMs: 4_000 }).send(readAnn)).toMatchObject({
      code: 'TOKEN_RATE_LIMIT',
      why: expect.stringMatching(/, as in each of 4 requests in 4 s\)$/),
    })
    // After 0.5, 1 and 2 s; the next would be after 4 s.
    expect(asked).toBe(4)
  })
})

describe('a token endpoint that compresses its answers', () => {
  it('gives tokens, and its refusals are read', async () => {
    const answers = [
      [401, '{"error":"invalid_client","error_description":"The client_assertion signature is invalid."}'],
      [200, '{"access_token":"token-1","token_type":"Bearer","expires_in":3600}'],
    ] as const
    for (const [status, body] of answers) {
      const url = await serve((request, response) => {
        const isToken = request.url === '/oauth2/v1/token'
        response.writeHead(isToken ? status : 200, { 'content-encoding': 'gzip' })
        response.end(gzipSync(isToken ? body : '{"id":"00u1"}'))
      })
      expect(await appClient(url, rsa).send(readAnn)).toMatchObject(
        status === 200 ? { body: { value: { id: '00u1' } } } : { code: 'TOKEN_REFUSED' },
      )
    }
  })
})

describe('a token endpoint that is not there', () => {
  it.each([
    ['a page of a proxy', 502, '<html>Bad gateway</html>', 'TOKEN_ENDPOINT'],
    ['JSON of somebody else', 403, '{"error":"blocked by policy"}', 'TOKEN_ENDPOINT'],
    ['an answer that is no token', 200, '{"token":"x"}', 'TOKEN_ENDPOINT'],
    ['a redirect', 302, '', 'TOKEN_REDIRECTED'],
  ])('keeps the call from being sent, and may come back: %s', async (_what, status, body, code) => {
    const seen: string[] = []
    const url = await serve((request, response) => {
      seen.push(request.url ?? '')
      response.writeHead(status, { location: 'https://sign-in.example.com/?secret' }).end(body)
    })
    const client = appClient(url, rsa)
    const answer = await client.send(readAnn)
    expect(answer).toMatchObject({ kind: 'unanswered', mayHaveBeenSent: false, code })
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(seen).toEqual(['/oauth2/v1/token'])
  })

  it('is a loss like any other where nothing listens', async () => {
    const org = await orgWith()
    const client = appClient(org.sandbox.url, rsa)
    await org.sandbox.close()
    expect(await client.send(readAnn)).toMatchObject({
      kind: 'unanswered',
      mayHaveBeenSent: false,
      code: 'ECONNREFUSED',
    })
  })
})

describe('scopes that only a guard needs', () => {
  const usual = ['okta.users.manage', 'okta.users.read']
  const unset = [...usual, 'okta.roles.read']

  it.each([
    ['gives fewer scopes than were asked for', usual],
    ['gives all of them', unset],
  ])('are done without where Okta %s', async (_, granted) => {
    const { sandbox } = await orgWith({ granted })
    const client = appClient(sandbox.url, rsa, { unset })
    expect(await client.send(readAnn)).toMatchObject({ httpStatus: 200 })
    const roles = await client.send(listAssigneesRequest())
    if (granted.includes('okta.roles.read')) expect(roles).toMatchObject({ httpStatus: 200 })
    else expect(roles).toMatchObject({ httpStatus: 403, authenticate: 'insufficient_scope' })
  })

  it('are left out from then on where Okta refuses the whole request for them', async () => {
    const org = await createForeignOrg({ users: makeUsers({ count: 1 }), ownerId: null })
    const authorization = await startForeignAuthorization({
      org,
      clientId,
      publicJwk: rsa.publicJwk,
      dpop: true,
      granted: usual,
    })
    onTestFinished(async () => {
      await authorization.close()
      await org.close()
    })
    const client = appClient(authorization.url, rsa, { unset })
    expect(await client.send(readUserRequest(userIdOf(1)))).toMatchObject({ httpStatus: 200 })
    expect(await client.send(listAssigneesRequest())).toMatchObject({ httpStatus: 403 })
    authorization.revoke()
    expect(await client.send(readUserRequest(userIdOf(1)))).toMatchObject({ httpStatus: 200 })
    const refusals = authorization.answers.filter((answer) => answer === 'consent_required')
    expect(refusals).toHaveLength(1)
  })

  it('are not done without where they are set', async () => {
    const { sandbox } = await orgWith({ granted: usual })
    const answer = await appClient(sandbox.url, rsa, { scopes: unset }).send(readAnn)
    expect(answer).toMatchObject({
      tokenRefusal: { why: expect.stringMatching(/not granted okta\.roles\.read/) },
    })
  })
})
