import { describe, expect, it } from 'vitest'
import { act, errorOf, orgOf, read, send, token, userOf, withSandbox } from '../with-sandbox.ts'

const ann = userOf('Ann.Lee@example.com', 'ACTIVE')
const start = Date.UTC(2026, 0, 2, 3, 4, 5, 600)

describe('the answer to a lifecycle call', () => {
  it('has the headers that recordings show, by the org’s clock', async () => {
    const options = { seed: orgOf([ann]), now: () => start, clockSkewSeconds: 90 }
    await withSandbox(options, async (sandbox) => {
      const { status, headers, body } = await act(sandbox, ann.id, 'suspend')
      expect({ status, body }).toEqual({ status: 200, body: {} })
      expect(headers).toMatchObject({
        date: 'Fri, 02 Jan 2026 03:05:35 GMT',
        'content-type': 'application/json',
        'cache-control': 'no-cache, no-store',
        pragma: 'no-cache',
        expires: '0',
        'x-okta-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
        'x-rate-limit-limit': '300',
        'x-rate-limit-remaining': '299',
        'x-rate-limit-reset': String(Math.floor(start / 1000) + 90 + 60),
      })
      expect(headers).not.toHaveProperty('retry-after')
      const after = { status: 'SUSPENDED', statusChanged: '2026-01-02T03:05:35.000Z' }
      expect((await read(sandbox, ann.id)).body).toMatchObject(after)
    })
  })

  it.each([
    ['activate', 'STAGED', {}],
    ['activate?sendEmail=true', 'STAGED', {}],
    ['activate?sendEmail=false', 'STAGED', { activationUrl: 1, activationToken: 1 }],
    ['reactivate', 'PROVISIONED', { activationToken: 1 }],
    ['reactivate?sendEmail=false', 'RECOVERY', { activationUrl: 1, activationToken: 1 }],
    ['reactivate?sendEmail=true', 'PROVISIONED', {}],
    ['deactivate?sendEmail=true', 'ACTIVE', {}],
  ] as const)('%s on %s brings what no mail brings', async (action, status, keys) => {
    await withSandbox({ seed: orgOf([userOf('a@example.com', status)]) }, async (sandbox) => {
      const { body } = await act(sandbox, 'a@example.com', action)
      expect(Object.keys(body as object)).toEqual(Object.keys(keys))
      const { activationToken, activationUrl } = body as { activationToken?: string; activationUrl?: string }
      if (activationToken !== undefined) expect(activationToken).toMatch(/^[\w-]{20}$/)
      if (activationUrl !== undefined)
        expect(activationUrl).toBe(`${sandbox.url}/tokens/${activationToken}/verify`)
    })
  })

  it('has the exact bodies of the refusals that are known', async () => {
    const users = [ann, userOf('gone@example.com', 'DEPROVISIONED'), userOf('new@example.com', 'STAGED')]
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      async function refusal(login: string, action: string): Promise<unknown> {
        const { errorId, ...rest } = (await act(sandbox, login, action)).body as Record<string, unknown>
        expect(errorId).toMatch(/^oae/)
        return rest
      }
      function error(errorCode: string, errorSummary: string, ...causes: string[]): object {
        const errorCauses = causes.map((cause) => ({ errorSummary: cause }))
        return { errorCode, errorSummary, errorLink: errorCode, errorCauses }
      }
      const gone = sandbox.org.find('gone')?.id
      expect(await refusal('ann.lee', 'activate')).toEqual(
        error('E0000016', 'Activation failed because the user is already active'),
      )
      expect(await refusal('gone', 'deactivate')).toEqual(
        error('E0000007', `Not found: Resource not found: ${gone} (User)`),
      )
      expect(await refusal('gone', 'suspend')).toEqual(
        error('E0000001', 'Api validation failed: suspendUser', 'Cannot suspend a user that is not active'),
      )
      expect(await refusal('new', 'unsuspend')).toEqual(
        error(
          'E0000001',
          'Api validation failed: suspendUser',
          'Cannot unsuspend a user that is not suspended',
        ),
      )
      expect(await refusal('ann.lee', 'unlock')).toEqual(
        error('E0000032', 'Unlock is not allowed for this user.', 'The user is not locked out.'),
      )
      expect(await refusal('new', 'reactivate')).toEqual(
        error('E0000038', "This operation is not allowed in the user's current status."),
      )
      expect(await refusal('no.body', 'suspend')).toEqual(
        error('E0000007', 'Not found: Resource not found: no.body (User)'),
      )
    })
  })

  it('records whether mail goes out, and nothing of what was refused', async () => {
    const users = [userOf('a@example.com', 'STAGED'), userOf('b@example.com', 'ACTIVE')]
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      await act(sandbox, 'a', 'activate')
      await act(sandbox, 'a', 'activate')
      await act(sandbox, 'b', 'suspend')
      await act(sandbox, 'b', 'deactivate')
      const [a, b] = users.map((user) => user.id)
      expect(sandbox.org.calls).toMatchObject([
        { user: a, action: 'activate', sendEmail: true },
        { user: b, action: 'suspend', sendEmail: null },
        { user: b, action: 'deactivate', sendEmail: false },
      ])
      const { body } = await send(`${sandbox.url}/sandbox/calls`, 'GET', { authorization: '' })
      const applied = { [a ?? '']: { activate: 1 }, [b ?? '']: { suspend: 1, deactivate: 1 } }
      expect(body).toEqual({ calls: sandbox.org.calls, applied })
    })
  })

  it('removes the factors on reset_factors, and those alone', async () => {
    const created = '2025-01-02T03:04:05.000Z'
    const factor = { id: 'opf1', factorType: 'push', provider: 'OKTA', status: 'ACTIVE', created } as const
    await withSandbox({ seed: orgOf([{ ...ann, factors: [factor] }]) }, async (sandbox) => {
      const factors = `${sandbox.url}/api/v1/users/${ann.id}/factors`
      const before = await send(factors, 'GET')
      expect(before.body).toMatchObject([factor])
      expect(before.headers['x-rate-limit-remaining']).toBe('299')
      expect((await act(sandbox, ann.id, 'reset_factors')).headers['x-rate-limit-remaining']).toBe('298')
      expect((await send(factors, 'GET')).body).toEqual([])
      expect((await read(sandbox, ann.id)).body).toMatchObject({ status: 'ACTIVE', statusChanged: null })
    })
  })
})

describe('changes of status in the background', () => {
  it('shows a deactivate that asked for respond-async as a transition, and refuses all else meanwhile', async () => {
    let now = start
    const options = { seed: orgOf([ann]), now: () => now, transitions: { deactivate: 5000 } }
    await withSandbox(options, async (sandbox) => {
      const prefer = { prefer: 'handling=lenient, Respond-Async' }
      expect(await act(sandbox, ann.id, 'deactivate', prefer)).toMatchObject({ status: 200, body: {} })
      now += 4999
      const meanwhile = { status: 'ACTIVE', transitioningToStatus: 'DEPROVISIONED' }
      expect((await read(sandbox, ann.id)).body).toMatchObject(meanwhile)
      expect(await act(sandbox, ann.id, 'suspend')).toMatchObject({
        status: 409,
        body: { errorCode: 'E0000112' },
      })
      now += 1
      const { body } = await read(sandbox, ann.id)
      expect(body).toMatchObject({ status: 'DEPROVISIONED', statusChanged: '2026-01-02T03:04:10.000Z' })
      expect(body).not.toHaveProperty('transitioningToStatus')
      expect(sandbox.org.applied.get(ann.id)).toEqual({ deactivate: 1 })
    })
  })

  it('deactivates at once without the header, and shows no transition', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await act(sandbox, ann.id, 'deactivate')
      expect((await read(sandbox, ann.id)).body).toMatchObject({ status: 'DEPROVISIONED' })
    })
  })

  it('can activate in the background too', async () => {
    let now = start
    const seed = orgOf([userOf('a@example.com', 'STAGED')])
    await withSandbox({ seed, now: () => now, transitions: { activate: 60_000 } }, async (sandbox) => {
      await act(sandbox, 'a', 'activate')
      const meanwhile = { status: 'STAGED', transitioningToStatus: 'ACTIVE' }
      expect((await read(sandbox, 'a')).body).toMatchObject(meanwhile)
      now += 60_000
      expect((await read(sandbox, 'a')).body).toMatchObject({
        status: 'ACTIVE',
        activated: '2026-01-02T03:05:05.000Z',
      })
    })
  })
})

describe('reading a user', () => {
  it.each([
    ['SUSPENDED', ['unsuspend', 'resetFactors', 'deactivate']],
    ['STAGED', ['activate', 'resetFactors']],
    ['PROVISIONED', ['suspend', 'resetPassword', 'reactivate', 'resetFactors', 'deactivate']],
    [
      'PASSWORD_EXPIRED',
      [
        ...(['suspend', 'resetPassword', 'expirePassword', 'forgotPassword'] as const),
        ...(['changeRecoveryQuestion', 'changePassword', 'deactivate', 'resetFactors'] as const),
      ],
    ],
    ['DEPROVISIONED', ['activate', 'resetFactors', 'delete']],
    ['LOCKED_OUT', ['unlock', 'resetFactors', 'deactivate']],
  ] as const)('has the recorded shape and the links of a %s user', async (status, calls) => {
    await withSandbox({ seed: orgOf([userOf('a@example.com', status)]) }, async (sandbox) => {
      const { body, headers } = await read(sandbox, 'a@example.com')
      const user = body as Record<string, object>
      expect(Object.keys(user)).toEqual([
        ...['id', 'status', 'created', 'activated', 'statusChanged', 'lastLogin', 'lastUpdated'],
        ...['passwordChanged', 'type', 'profile', 'credentials', '_links'],
      ])
      const profile = ['firstName', 'lastName', 'mobilePhone', 'secondEmail', 'login', 'email']
      expect(Object.keys(user.profile ?? {})).toEqual(profile)
      expect(user.credentials).toMatchObject({ password: {}, provider: { type: 'OKTA', name: 'OKTA' } })
      expect(Object.keys(user._links ?? {}).sort()).toEqual(['schema', 'self', 'type', ...calls].sort())
      expect(headers.etag).toMatch(/^W\/"[0-9a-f]{64}"$/)
      expect(headers['x-rate-limit-limit']).toBe('1000')
    })
  })

  it('offers no call that is refused', async () => {
    const statuses = [
      'STAGED',
      'PROVISIONED',
      'ACTIVE',
      'RECOVERY',
      'PASSWORD_EXPIRED',
      'LOCKED_OUT',
    ] as const
    const users = [...statuses, 'SUSPENDED' as const, 'DEPROVISIONED' as const].flatMap((status) => [
      userOf(`${status}.okta@example.com`, status),
      userOf(`${status}.ad@example.com`, status, { source: 'ACTIVE_DIRECTORY' }),
    ])
    await withSandbox({ seed: orgOf(users), limits: null }, async (sandbox) => {
      for (const user of users) {
        const { _links } = (await read(sandbox, user.id)).body as {
          _links: Record<string, { href: string; method?: string }>
        }
        const calls = Object.values(_links).filter((link) => link.method === 'POST')
        expect(calls.length).toBeGreaterThan(0)
        for (const { href } of calls) {
          sandbox.org.place(sandbox.org.find(user.id) ?? user, user.status)
          const answer = await send(href, 'POST')
          // Two of them want to know the old password first.
          if (answer.status !== 200)
            expect([href, errorOf(answer)]).toEqual([href, expect.stringMatching(/^403 E0000014/)])
        }
      }
    })
  })

  it('finds by id, login and short name, each percent-encoded', async () => {
    const odd = userOf('50%+ö@example.com', 'ACTIVE')
    await withSandbox({ seed: orgOf([ann, odd]) }, async (sandbox) => {
      for (const key of [ann.id, 'Ann.Lee@example.com', 'ANN.LEE@EXAMPLE.COM', 'ann.lee']) {
        expect((await read(sandbox, key)).body).toMatchObject({ id: ann.id })
      }
      expect((await read(sandbox, '50%+ö@example.com')).body).toMatchObject({ id: odd.id })
      expect((await send(`${sandbox.url}/api/v1/users/Ann.Lee@example.com`, 'GET')).status).toBe(200)
      expect((await send(`${sandbox.url}//api/v1/users/${ann.id}`, 'GET')).status).toBe(200)
    })
  })

  it('finds nobody by a short name that two logins share', async () => {
    const users = [userOf('ann@one.example', 'ACTIVE'), userOf('ann@two.example', 'ACTIVE')]
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      expect(await read(sandbox, 'ann')).toMatchObject({ status: 404, body: { errorCode: 'E0000007' } })
    })
  })
})

describe('delete', () => {
  it('deactivates first, then removes, in a counter of its own', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const url = `${sandbox.url}/api/v1/users/${ann.id}`
      const first = await send(url, 'DELETE')
      expect(first).toMatchObject({ status: 204, body: null })
      expect(first.headers['x-rate-limit-remaining']).toBe('299')
      expect((await read(sandbox, ann.id)).body).toMatchObject({ status: 'DEPROVISIONED' })
      expect(await send(url, 'DELETE')).toMatchObject({ status: 204 })
      expect(await read(sandbox, ann.id)).toMatchObject({ status: 404 })
      expect((await act(sandbox, ann.id, 'suspend')).headers['x-rate-limit-remaining']).toBe('299')
    })
  })
})

describe('authorization', () => {
  it('takes the token as SSWS and as Bearer', async () => {
    await withSandbox({ seed: orgOf([ann], ann), token: 'another' }, async (sandbox) => {
      const me = `${sandbox.url}/api/v1/users/me`
      for (const authorization of ['SSWS another', 'ssws another', 'Bearer another']) {
        expect((await send(me, 'GET', { authorization })).body).toMatchObject({ id: ann.id })
      }
      expect((await send(me, 'GET', { authorization: `SSWS ${token}` })).status).toBe(401)
    })
  })

  it.each(['', 'SSWS', 'SSWS wrong', 'Basic abc', token])(
    'answers 401 to "%s", and counts it',
    async (authorization) => {
      await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
        const url = `${sandbox.url}/api/v1/users/${ann.id}/lifecycle/suspend`
        const first = await send(url, 'POST', { authorization })
        expect(first).toMatchObject({ status: 401, body: { errorCode: 'E0000011' } })
        expect(first.headers).toMatchObject({ 'x-rate-limit-remaining': '299', 'www-authenticate': 'SSWS' })
        const second = await send(url, 'POST', { authorization })
        expect(second.headers['x-rate-limit-remaining']).toBe('298')
        expect(sandbox.org.find(ann.id)?.status).toBe('ACTIVE')
      })
    },
  )

  it("counts calls with an unknown token apart from everyone's cap", async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const url = `${sandbox.url}/api/v1/users/${ann.id}/lifecycle/suspend`
      for (const authorization of ['SSWS wrong', '']) await send(url, 'POST', { authorization })
      const third = await send(url, 'POST', { authorization: 'SSWS other' })
      expect(third.headers['x-rate-limit-remaining']).toBe('297')
      expect((await act(sandbox, ann.id, 'suspend')).headers['x-rate-limit-remaining']).toBe('299')
    })
  })

  it('knows the owner as me, in a counter of its own', async () => {
    await withSandbox({ seed: orgOf([ann], ann) }, async (sandbox) => {
      const { body, headers } = await read(sandbox, 'me')
      expect(body).toMatchObject({ id: ann.id })
      expect(headers['x-rate-limit-limit']).toBe('600')
      expect((await act(sandbox, 'me', 'suspend')).status).toBe(200)
      expect(sandbox.org.find(ann.id)?.status).toBe('SUSPENDED')
    })
  })

  it('finds no me for a token without an owner', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      expect(await read(sandbox, 'me')).toMatchObject({ status: 404, body: { errorCode: 'E0000007' } })
    })
  })

  it('lets the token die with the deactivation of its owner, at once', async () => {
    await withSandbox({ seed: orgOf([ann], ann) }, async (sandbox) => {
      expect((await act(sandbox, ann.id, 'deactivate')).status).toBe(200)
      const dead = await read(sandbox, ann.id)
      expect(dead).toMatchObject({ status: 401, body: { errorCode: 'E0000011' } })
      expect(dead.headers['x-rate-limit-remaining']).toBe('999')
    })
  })
})

describe('what the API has no endpoint for', () => {
  it.each([
    ['GET', `/api/v1/users/${ann.id}/lifecycle/suspend`, 405, 'E0000022'],
    ['POST', `/api/v1/users/${ann.id}/lifecycle/frobnicate`, 405, 'E0000022'],
    ['PUT', `/api/v1/users/${ann.id}/factors`, 405, 'E0000022'],
    ['GET', '/api/v1/users/a%2Fb%40example.com', 405, 'E0000022'],
    ['POST', '/api/v1/users/a%2Fb/lifecycle/suspend', 405, 'E0000022'],
    ['GET', '/api/v1/users/a/b', 405, 'E0000022'],
    ['GET', '/api/v1/usersandmore', 404, 'E0000008'],
    ['GET', '/', 404, 'E0000008'],
  ] as const)('%s %s is %i %s without rate-limit headers', async (method, path, status, errorCode) => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const answer = await send(sandbox.url + path, method)
      expect(answer).toMatchObject({ status, body: { errorCode } })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-rate-limit'))).toEqual([])
      expect((await act(sandbox, ann.id, 'suspend')).headers['x-rate-limit-remaining']).toBe('299')
    })
  })
})

describe('limits over HTTP', () => {
  it('answers 429 as recorded, and goes on after the second of reset', async () => {
    let now = start
    const options = { seed: orgOf([ann]), now: () => now, limits: { '/api/v1/users': 4 }, windowSeconds: 5 }
    await withSandbox(options, async (sandbox) => {
      const reset = String(Math.floor(start / 1000) + 5)
      expect((await act(sandbox, ann.id, 'suspend')).status).toBe(200)
      expect((await act(sandbox, 'nobody', 'suspend')).headers['x-rate-limit-remaining']).toBe('0')
      now += 5000
      const refused = await act(sandbox, ann.id, 'unsuspend')
      expect(refused).toMatchObject({
        status: 429,
        body: {
          errorCode: 'E0000047',
          errorSummary: 'API call exceeded rate limit due to too many requests.',
          errorLink: 'E0000047',
          errorCauses: [],
        },
        headers: { 'x-rate-limit-limit': '2', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset },
      })
      expect(refused.headers).not.toHaveProperty('retry-after')
      expect(refused.headers).not.toHaveProperty('cache-control')
      expect((await read(sandbox, ann.id)).body).toMatchObject({ status: 'SUSPENDED' })
      now += 1000
      expect((await act(sandbox, ann.id, 'unsuspend')).headers['x-rate-limit-remaining']).toBe('1')
    })
  })

  it("lets another client empty the org's counter", async () => {
    await withSandbox(
      { seed: orgOf([ann]), limits: { '/api/v1/users': 4 }, clientPercent: 75 },
      async (sandbox) => {
        await act(sandbox, ann.id, 'suspend')
        const second = Math.floor(Date.now() / 1000)
        for (let count = 0; count < 3; count += 1)
          sandbox.rateLimits?.take('/api/v1/users', 'neighbour', second)
        const refused = await act(sandbox, ann.id, 'unsuspend')
        expect(refused).toMatchObject({ status: 429, headers: { 'x-rate-limit-remaining': '2' } })
      },
    )
  })

  it('has no rate-limit headers where there are no limits', async () => {
    await withSandbox({ seed: orgOf([ann]), limits: null }, async (sandbox) => {
      const { headers } = await act(sandbox, ann.id, 'suspend')
      expect(Object.keys(headers).filter((name) => name.startsWith('x-rate-limit'))).toEqual([])
    })
  })

  it('refuses what comes while too many requests are under way', async () => {
    const options = { seed: orgOf([ann]), concurrency: 2, latencyMilliseconds: 200, now: () => start }
    await withSandbox(options, async (sandbox) => {
      const answers = await Promise.all([1, 2, 3].map(() => act(sandbox, ann.id, 'reset_factors')))
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429])
      const refused = answers.find((answer) => answer.status === 429)
      expect(refused).toMatchObject({
        body: { errorCode: 'E0000047' },
        headers: {
          'x-rate-limit-limit': '0',
          'x-rate-limit-remaining': '0',
          'x-rate-limit-reset': String(Math.floor(start / 1000) + 113),
        },
      })
      expect((await act(sandbox, ann.id, 'reset_factors')).headers['x-rate-limit-remaining']).toBe('297')
      const traffic = { requests: 4, answers: { 200: 3, 429: 1 }, mostAtOnce: 3 }
      expect(sandbox.traffic()).toEqual(traffic)
      const { body } = await send(`${sandbox.url}/sandbox/traffic`, 'GET', { authorization: '' })
      expect(body).toEqual(traffic)
    })
  })
})
