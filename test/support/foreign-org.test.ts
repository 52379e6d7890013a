import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { rateHeaders, type Taken, take, type Window } from './foreign-org/bucket.ts'
import { type Fault, type FaultName, faultNames, faultsByRate } from './foreign-org/fault.ts'
import type { LoggedRequest } from './foreign-org/log.ts'
import { type ForeignAction, foldLogin, foreignActions } from './foreign-org/org.ts'
import { startForeignOrgProcess, translateForeignOrg } from './foreign-org/process.ts'
import { createForeignOrg, type ForeignOrg, type ForeignOrgOptions } from './foreign-org/server.ts'
import { type ForeignStatus, foreignStatuses, loginOf, makeUsers, userIdOf } from './foreign-org/user.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const org of open.splice(0)) await org.close()
})

async function orgWith(options: ForeignOrgOptions = {}): Promise<ForeignOrg> {
  const org = await createForeignOrg(options)
  open.push(org)
  return org
}

interface Seen {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}

async function call(
  org: { url: string; token: string },
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Seen> {
  const response = await fetch(`${org.url}/api/v1${path}`, {
    method,
    headers: { authorization: `SSWS ${org.token}`, ...headers },
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json' && text !== ''
  let json: Record<string, unknown> = {}
  try {
    if (isJson) json = JSON.parse(text)
  } catch {
    json = { unreadable: text }
  }
  return { status: response.status, headers: response.headers, text, json }
}

function act(org: { url: string; token: string }, key: string, action: string): Promise<Seen> {
  return call(org, 'POST', `/users/${encodeURIComponent(key)}/lifecycle/${action}`)
}

const user1 = userIdOf(1)

describe('actions by status', () => {
  const activated = '403 E0000016'
  const refusedBecause = {
    suspend: '400 E0000001',
    unsuspend: '400 E0000001',
    unlock: '403 E0000032',
  } as const
  // What each action does in STAGED, PROVISIONED, ACTIVE, RECOVERY, PASSWORD_EXPIRED, LOCKED_OUT, SUSPENDED, DEPROVISIONED.
  const matrix: Record<ForeignAction, readonly string[]> = {
    activate: [
      'PROVISIONED',
      activated,
      activated,
      activated,
      activated,
      activated,
      activated,
      'PROVISIONED',
    ],
    deactivate: [...Array<string>(7).fill('DEPROVISIONED'), '404 E0000007'],
    reactivate: [
      '403 E0000038',
      'PROVISIONED',
      '403 E0000038',
      'RECOVERY',
      ...Array<string>(4).fill('403 E0000038'),
    ],
    reset_factors: foreignStatuses,
    suspend: foreignStatuses.map((status) =>
      ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED'].includes(status) ? 'SUSPENDED' : refusedBecause.suspend,
    ),
    unlock: foreignStatuses.map((status) => (status === 'LOCKED_OUT' ? 'ACTIVE' : refusedBecause.unlock)),
    unsuspend: foreignStatuses.map((status) =>
      status === 'SUSPENDED' ? 'ACTIVE' : refusedBecause.unsuspend,
    ),
  }
  const cells = foreignActions.flatMap((action) =>
    foreignStatuses.flatMap((status, column) =>
      (['id', 'login', 'short name'] as const).map((by) => ({
        action,
        status,
        by,
        expected: matrix[action][column] ?? '',
      })),
    ),
  )

  it.each(cells)('$action on $status by $by: $expected', async ({ action, status, by, expected }) => {
    const org = await orgWith({ users: makeUsers({ count: 1, status, factors: 2 }) })
    const key = { id: user1, login: loginOf(1), 'short name': 'user1' }[by]
    const before = await call(org, 'GET', `/users/${user1}`)
    const answer = await act(org, key, action)
    const after = await call(org, 'GET', `/users/${user1}`)
    const applied = !expected.includes(' ')
    expect(applied ? after.json.status : `${answer.status} ${answer.json.errorCode}`).toBe(expected)
    expect(answer.status === 200).toBe(applied)
    expect(org.applied).toEqual(applied ? { [`${user1} ${action}`]: 1 } : {})
    const changed = before.json.status !== after.json.status
    expect(before.json.statusChanged !== after.json.statusChanged).toBe(changed)
    const factors = JSON.parse((await call(org, 'GET', `/users/${user1}/factors`)).text)
    expect(factors).toHaveLength(action === 'reset_factors' ? 0 : 2)
  })

  it('leads back by unsuspend to where the user was, and shows by links what it offers', async () => {
    for (const status of ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED'] as const) {
      const org = await orgWith({ users: makeUsers({ count: 1, status }) })
      const linksOf = async (): Promise<string[]> =>
        Object.keys((await call(org, 'GET', `/users/${user1}`)).json._links ?? {})
      expect(await linksOf()).toContain('suspend')
      await act(org, user1, 'suspend')
      expect(await linksOf()).toContain('unsuspend')
      await act(org, user1, 'unsuspend')
      expect((await call(org, 'GET', `/users/${user1}`)).json.status).toBe(status)
    }
  })

  it('says why in the words of Okta', async () => {
    const org = await orgWith({ users: makeUsers({ count: 2, status: ['STAGED', 'DEPROVISIONED'] }) })
    expect((await act(org, user1, 'suspend')).json).toMatchObject({
      errorSummary: 'Api validation failed: suspendUser',
      errorLink: 'E0000001',
      errorId: expect.stringMatching(/^oae/),
      errorCauses: [{ errorSummary: 'Cannot suspend a user that is not active' }],
    })
    expect((await act(org, user1, 'unsuspend')).json.errorCauses).toEqual([
      { errorSummary: 'Cannot unsuspend a user that is not suspended' },
    ])
    expect((await act(org, user1, 'unlock')).json.errorCauses).toEqual([
      { errorSummary: 'The user is not locked out.' },
    ])
    const gone = await act(org, userIdOf(2), 'deactivate')
    expect(gone.json.errorSummary).toBe(`Not found: Resource not found: ${userIdOf(2)} (User)`)
    const unknown = await act(org, userIdOf(3), 'deactivate')
    expect(unknown.json.errorSummary).toBe(`Not found: Resource not found: ${userIdOf(3)} (User)`)
    expect(unknown.status).toBe(gone.status)
  })

  it('activates a staged user with a password to ACTIVE', async () => {
    const org = await orgWith({ users: makeUsers({ count: 1, status: 'STAGED', hasPassword: true }) })
    await act(org, user1, 'activate')
    expect(org.org.users.get(user1)?.status).toBe('ACTIVE')
  })

  it('unlocks an ACTIVE user who is blocked from unknown devices, once', async () => {
    const users = makeUsers({ count: 1 }).map((user) => ({ ...user, blockedFromUnknownDevices: true }))
    const org = await orgWith({ users })
    expect((await act(org, user1, 'unlock')).status).toBe(200)
    // No status changed, so neither does its time.
    expect(org.org.users.get(user1)?.statusChanged).toBe('2026-01-12T09:30:00.000Z')
    expect((await act(org, user1, 'unlock')).json.errorCode).toBe('E0000032')
  })

  it.each([
    ['activate', 'STAGED', '', false],
    ['activate', 'STAGED', '?sendEmail=true', false],
    ['activate', 'STAGED', '?sendEmail=false', true],
    ['reactivate', 'PROVISIONED', '', true],
    ['reactivate', 'PROVISIONED', '?sendEmail=false', true],
    ['reactivate', 'PROVISIONED', '?sendEmail=true', false],
  ] as const)('%s on %s with "%s" answers with a link: %s', async (action, status, query, link) => {
    const org = await orgWith({ users: makeUsers({ count: 1, status }) })
    const answer = await act(org, user1, `${action}${query}`)
    expect(Object.keys(answer.json)).toEqual(link ? ['activationUrl', 'activationToken'] : [])
    expect(answer.status).toBe(200)
  })

  it('writes statusChanged in whole seconds by its own clock', async () => {
    const org = await orgWith({
      users: makeUsers({ count: 1 }),
      now: () => Date.UTC(2026, 10, 24, 8, 0, 0, 900),
      clockSkewSeconds: -90,
    })
    const answer = await act(org, user1, 'suspend')
    expect(answer.headers.get('date')).toBe('Tue, 24 Nov 2026 07:58:30 GMT')
    expect((await call(org, 'GET', `/users/${user1}`)).json.statusChanged).toBe('2026-11-24T07:58:30.000Z')
  })
})

describe('transitions', () => {
  it('shows transitioningToStatus while an activation goes on, and refuses everything else meanwhile', async () => {
    let time = 1_000_000
    const org = await orgWith({
      users: makeUsers({ count: 1, status: 'STAGED' }),
      activationMilliseconds: 5000,
      now: () => time,
    })
    expect((await act(org, user1, 'activate')).status).toBe(200)
    const during = await call(org, 'GET', `/users/${user1}`)
    expect(during.json).toMatchObject({ status: 'STAGED', transitioningToStatus: 'PROVISIONED' })
    const refused = await act(org, user1, 'deactivate')
    expect([refused.status, refused.json.errorCode]).toEqual([409, 'E0000112'])
    const hidden = { 'content-type': 'application/json; okta-response="omitTransitioningToStatus"' }
    expect((await call(org, 'GET', `/users/${user1}`, hidden)).json).not.toHaveProperty(
      'transitioningToStatus',
    )
    time += 5000
    const after = await call(org, 'GET', `/users/${user1}`)
    expect(after.json).toMatchObject({ status: 'PROVISIONED', statusChanged: '1970-01-01T00:16:45.000Z' })
    expect(after.json).not.toHaveProperty('transitioningToStatus')
  })

  it('deactivates in the background only where respond-async is asked for', async () => {
    let time = 0
    const users = makeUsers({ count: 2 })
    const org = await orgWith({ users, deactivationMilliseconds: 2000, now: () => time })
    const path = `/users/${user1}/lifecycle/deactivate`
    const answer = await call(org, 'POST', path, { prefer: 'respond-async' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await act(org, userIdOf(2), 'deactivate')).text).toBe('{}')
    const during = await call(org, 'GET', `/users/${user1}`)
    expect(during.json).toMatchObject({ status: 'ACTIVE', transitioningToStatus: 'DEPROVISIONED' })
    expect((await call(org, 'GET', `/users/${userIdOf(2)}`)).json.status).toBe('DEPROVISIONED')
    time = 2000
    expect((await call(org, 'GET', `/users/${user1}`)).json.status).toBe('DEPROVISIONED')
    expect(org.applied[`${user1} deactivate`]).toBe(1)
  })
})

describe('user keys', () => {
  it('tells ids apart by letter case alone', async () => {
    const org = await orgWith({ users: makeUsers({ count: 40 }) })
    expect(userIdOf(36).toLowerCase()).toBe(userIdOf(10).toLowerCase())
    expect((await call(org, 'GET', `/users/${userIdOf(36)}`)).json.id).toBe(userIdOf(36))
    expect((await call(org, 'GET', `/users/${userIdOf(10)}`)).json.id).toBe(userIdOf(10))
    expect((await call(org, 'GET', `/users/${userIdOf(1).toUpperCase()}`)).status).toBe(404)
  })

  it('folds the letter case and the diacritics of logins', async () => {
    const [user] = makeUsers({ count: 1 })
    if (user === undefined) throw new Error('no user')
    const org = await orgWith({ users: [{ ...user, login: 'Zoë.Nuñez@example.com' }] })
    for (const key of ['zoe.nunez@EXAMPLE.com', 'Zoe\u0308.Nun\u0303ez@example.com', 'ZOË.NUÑEZ'])
      expect((await call(org, 'GET', `/users/${encodeURIComponent(key)}`)).json.id, key).toBe(user1)
    expect(foldLogin('ÅSA')).toBe('asa')
  })

  it('finds nobody by an ambiguous short name, an e-mail address, or an unknown id', async () => {
    const users = makeUsers({ count: 2 }).map((user, index) => ({
      ...user,
      login: `kim@${index}.example.com`,
    }))
    const org = await orgWith({ users })
    for (const key of ['kim', `mailbox-${user1}@mail.example.com`, userIdOf(9), '']) {
      const answer = await call(org, 'POST', `/users/${encodeURIComponent(key)}/lifecycle/suspend`)
      expect(answer.status, key).toBe(404)
    }
    expect((await call(org, 'GET', '/users/kim')).json.errorCode).toBe('E0000007')
    expect((await call(org, 'GET', '/users/kim%400.example.com')).json.id).toBe(user1)
  })

  it('resolves dot segments to the list, and an encoded slash to another method', async () => {
    const org = await orgWith({ users: makeUsers({ count: 2, status: ['ACTIVE', 'DEPROVISIONED'] }) })
    const list = await call(org, 'GET', '/users/%2e')
    expect(JSON.parse(list.text)).toMatchObject([{ id: user1 }])
    const slash = await call(org, 'GET', '/users/a%2Fb')
    expect([slash.status, slash.json.errorCode]).toEqual([405, 'E0000022'])
    expect((await call(org, 'GET', `/users/${user1}/lifecycle/suspend`)).status).toBe(405)
    expect((await call(org, 'POST', `/users/${user1}/lifecycle/explode`)).json.errorCode).toBe('E0000008')
    expect(org.applied).toEqual({})
  })

  it('lists page by page, by status too', async () => {
    const org = await orgWith({ users: makeUsers({ count: 5, status: ['ACTIVE', 'SUSPENDED'] }) })
    const search = encodeURIComponent('status eq "ACTIVE"')
    const first = await call(org, 'GET', `/users?search=${search}&limit=2`)
    const next = /<(?<url>[^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.groups?.url ?? ''
    const second = await call(org, 'GET', next.slice(`${org.url}/api/v1`.length))
    const ids = [first, second].flatMap((page) =>
      JSON.parse(page.text).map((user: { id: string }) => user.id),
    )
    expect(ids).toEqual([1, 3, 5].map(userIdOf))
    expect(second.headers.has('link')).toBe(false)
    expect((await call(org, 'GET', '/users?search=nonsense')).json.errorCode).toBe('E0000031')
  })
})

describe('access', () => {
  it('refuses another token with a 401 that counts', async () => {
    const rateLimit = { lifecycle: 5, read: 5, windowSeconds: 60 }
    const org = await orgWith({ users: makeUsers({ count: 1 }), rateLimit })
    const answer = await act({ url: org.url, token: 'wrong' }, user1, 'suspend')
    expect([answer.status, answer.json.errorCode]).toEqual([401, 'E0000011'])
    expect(answer.headers.get('x-rate-limit-remaining')).toBe('4')
    expect(org.applied).toEqual({})
  })

  it('knows the owner as me, in any letter case, and lets the token die with the owner', async () => {
    const org = await orgWith({ users: makeUsers({ count: 2 }), ownerId: userIdOf(2) })
    expect((await call(org, 'GET', '/users/me')).json.id).toBe(userIdOf(2))
    expect((await act(org, 'ME', 'deactivate')).status).toBe(200)
    expect((await call(org, 'GET', `/users/${user1}`)).json.errorCode).toBe('E0000011')
  })

  it.each([
    ['forbidden', 403, 'E0000006'],
    ['not_found', 404, 'E0000007'],
  ] as const)('answers me without an owner: %s', async (ownerRefusal, status, errorCode) => {
    const org = await orgWith({ ownerId: null, ownerRefusal })
    const answer = await call(org, 'GET', '/users/me')
    expect([answer.status, answer.json.errorCode]).toEqual([status, errorCode])
  })

  it('does not start with an owner or users that cannot be', async () => {
    await expect(createForeignOrg({ ownerId: user1 })).rejects.toThrow('not among the users')
    await expect(
      createForeignOrg({ users: [...makeUsers({ count: 1 }), ...makeUsers({ count: 1 })] }),
    ).rejects.toThrow('Two users')
  })
})

describe('rate limits', () => {
  it('takes no more than the limit in a window, whatever the times of the requests', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 60 }),
        (gaps, limit, windowSeconds) => {
          let now = 1_700_000_000_000
          let window: Window | null = null
          const passed = new Map<number, number>()
          for (const gap of gaps) {
            now += gap
            const taken: Taken = take(window, limit, windowSeconds, now)
            const second = Math.floor(now / 1000)
            const reset = taken.window.reset
            // A window is never over, and never longer than its length.
            expect(reset - second).toBeGreaterThanOrEqual(0)
            expect(reset - second).toBeLessThanOrEqual(windowSeconds)
            if (window !== null && second <= window.reset) expect(reset).toBe(window.reset)
            else expect([reset, taken.allowed]).toEqual([second + windowSeconds, true])
            passed.set(reset, (passed.get(reset) ?? 0) + (taken.allowed ? 1 : 0))
            expect(passed.get(reset)).toBe(Math.min(limit, taken.window.used))
            expect(rateHeaders(taken)['x-rate-limit-remaining']).toBe(
              String(limit - (passed.get(reset) ?? 0)),
            )
            window = taken.window
          }
        },
      ),
    )
  })

  it('keeps the old window during the second that its reset names', async () => {
    let time = 1_000_300
    const org = await orgWith({
      users: makeUsers({ count: 1 }),
      rateLimit: { lifecycle: 2, read: 9, windowSeconds: 60 },
      clockSkewSeconds: 7,
      now: () => time,
    })
    const shown = async () => {
      const { status, headers } = await act(org, user1, 'reset_factors')
      return [
        status,
        ...['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-rate-limit-${name}`))),
      ]
    }
    expect(await shown()).toEqual([200, 2, 1, 1067])
    expect(await shown()).toEqual([200, 2, 0, 1067])
    expect(await shown()).toEqual([429, 2, 0, 1067])
    time = 1_060_999
    expect(await shown()).toEqual([429, 2, 0, 1067])
    const refused = await act(org, user1, 'reset_factors')
    expect(refused.json.errorCode).toBe('E0000047')
    expect(refused.headers.has('retry-after')).toBe(false)
    time = 1_061_000
    expect(await shown()).toEqual([200, 2, 1, 1128])
    expect(org.applied[`${user1} reset_factors`]).toBe(3)
  })

  it('counts actions, factors and the list together, and reads and me apart', async () => {
    const org = await orgWith({
      users: makeUsers({ count: 1 }),
      ownerId: user1,
      rateLimit: { lifecycle: 10, read: 20, windowSeconds: 60 },
    })
    const left = async (method: string, path: string) =>
      (await call(org, method, path)).headers.get('x-rate-limit-remaining')
    expect(await left('POST', `/users/${user1}/lifecycle/suspend`)).toBe('9')
    expect(await left('GET', `/users/${user1}/factors`)).toBe('8')
    expect(await left('GET', '/users')).toBe('7')
    expect(await left('POST', `/users/${userIdOf(2)}/lifecycle/suspend`)).toBe('6')
    expect(await left('GET', `/users/${user1}`)).toBe('19')
    expect(await left('GET', '/users/nobody@example.com')).toBe('18')
    expect(await left('GET', '/users/me')).toBe('19')
    expect(await left('GET', '/users/a%2fb')).toBeNull()
  })

  it('sends no rate headers where there is no limit', async () => {
    const org = await orgWith({ users: makeUsers({ count: 1 }) })
    const { headers } = await act(org, user1, 'suspend')
    expect([...headers.keys()].filter((name) => name.startsWith('x-rate'))).toEqual([])
    expect(headers.get('x-okta-request-id')).toMatch(/^[0-9a-f]{32}$/)
  })

  it('refuses what is too much at once with zeros in the headers', async () => {
    const users = makeUsers({ count: 3 })
    const org = await orgWith({ users, concurrencyLimit: 2, latencyMs: 300, now: () => 5_000_000 })
    const answers = await Promise.all(users.map((user) => act(org, user.id, 'suspend')))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429])
    const headers = answers.find((answer) => answer.status === 429)?.headers
    expect(['limit', 'remaining', 'reset'].map((name) => headers?.get(`x-rate-limit-${name}`))).toEqual([
      '0',
      '0',
      '5113',
    ])
    expect(Object.keys(org.applied)).toHaveLength(2)
  })
})

describe('faults', () => {
  const suspended = `${user1} suspend`

  function orgWithFault(fault: Fault): Promise<ForeignOrg> {
    return orgWith({
      users: makeUsers({ count: 1 }),
      rateLimit: { lifecycle: 10, read: 10, windowSeconds: 60 },
      fault: (request) => (request.action === 'suspend' && request.attempt === 1 ? fault : null),
    })
  }

  // Name, HTTP status, part of the body, whether the work was done, whether Okta's headers come with it.
  const answered: readonly (readonly [FaultName, number, string, boolean, boolean])[] = [
    ['serverErrorBefore', 500, '"E0000009"', false, true],
    ['serverErrorAfter', 500, '"E0000009"', true, true],
    ['badGatewayBefore', 502, '<html>', false, false],
    ['badGatewayAfter', 502, '<html>', true, false],
    ['gatewayTimeoutBefore', 504, '<html>', false, false],
    ['gatewayTimeoutAfter', 504, '<html>', true, false],
    ['unavailableBefore', 503, '<html>', false, false],
    ['unavailableAfter', 503, '<html>', true, false],
    ['readOnly', 503, '"E0000010"', false, true],
    ['invalidToken', 401, '"E0000011"', false, true],
    ['forbidden', 403, '"E0000006"', false, true],
    ['unknownPath', 404, '"E0000008"', false, true],
    ['stillBeingActivated', 409, '"E0000112"', false, true],
    ['orgLimit', 429, '"E0000047"', false, true],
    ['concurrencyLimit', 429, '"E0000047"', false, true],
    ['htmlOk', 200, '<html>', false, false],
    ['redirect', 301, '', false, false],
    ['emptyOk', 200, '', true, true],
    ['noContent', 204, '', true, true],
    ['truncatedJson', 200, '{', true, true],
  ]

  it.each(answered)('%s answers %i', async (name, status, part, applied, okta) => {
    const org = await orgWithFault({ name })
    const answer = await act(org, user1, 'suspend')
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(part)
    if (!part.startsWith('<') && part.length < 2) expect(answer.text).toBe(part)
    expect(org.applied).toEqual(applied ? { [suspended]: 1 } : {})
    expect(answer.headers.has('x-rate-limit-limit')).toBe(okta)
    expect(org.requests).toMatchObject([{ fault: name, status, action: 'suspend', key: user1 }])
    // The fault was for the first request alone.
    expect((await act(org, user1, 'suspend')).status).toBe(applied ? 400 : 200)
  })

  it('tells the two refusals of limits apart by their headers', async () => {
    const remaining = async (name: FaultName) =>
      (await act(await orgWithFault({ name }), user1, 'suspend')).headers.get('x-rate-limit-remaining')
    expect(await remaining('orgLimit')).toBe('9')
    expect(await remaining('concurrencyLimit')).toBe('0')
  })

  it.each([
    ['dropBefore', false],
    ['dropAfter', true],
    ['resetBefore', false],
    ['resetAfter', true],
    ['cutBody', true],
  ] as const)('%s ends the connection; applied: %s', async (name, applied) => {
    const org = await orgWithFault({ name })
    await expect(act(org, user1, 'suspend')).rejects.toThrow()
    expect(org.applied).toEqual(applied ? { [suspended]: 1 } : {})
    expect((await act(org, user1, 'suspend')).status).toBe(applied ? 400 : 200)
  })

  it.each([
    ['hangBefore', false],
    ['hangAfter', true],
  ] as const)('%s never answers; applied: %s', async (name, applied) => {
    const org = await orgWithFault({ name })
    const pending = act(org, user1, 'suspend')
    const ended = expect(pending).rejects.toThrow()
    await org.waitUntil(() => org.requests.length === 1)
    // The next request on another connection is served meanwhile, so the first had its chance.
    const status = (await call(org, 'GET', `/users/${user1}`)).json.status
    expect(status).toBe(applied ? 'SUSPENDED' : 'ACTIVE')
    expect(org.requests[0]?.status).toBeNull()
    await org.close()
    await ended
  })

  it.each([
    ['lateDrop', null],
    ['lateGatewayTimeout', 504],
  ] as const)('%s does the work after its answer', async (name, status) => {
    const org = await orgWithFault({ name, afterMilliseconds: 500 })
    const answer = await act(org, user1, 'suspend').catch(() => null)
    expect(answer?.status ?? null).toBe(status)
    expect(org.applied).toEqual({})
    expect((await call(org, 'GET', `/users/${user1}`)).json.status).toBe('ACTIVE')
    await org.waitUntil(() => org.applied[suspended] === 1)
    expect((await call(org, 'GET', `/users/${user1}`)).json.status).toBe('SUSPENDED')
  })

  it('slow does the work late, and answers then', async () => {
    const org = await orgWithFault({ name: 'slow', afterMilliseconds: 300 })
    const pending = act(org, user1, 'suspend')
    await org.waitUntil(() => org.requests.length === 1)
    expect((await call(org, 'GET', `/users/${user1}`)).json.status).toBe('ACTIVE')
    expect((await pending).status).toBe(200)
    expect(org.applied).toEqual({ [suspended]: 1 })
  })

  it.each(['lateHang', 'slow'] as const)('%s does the work though the client gave up', async (name) => {
    const org = await orgWithFault({ name, afterMilliseconds: 20 })
    const client = new AbortController()
    const pending = fetch(`${org.url}/api/v1/users/${user1}/lifecycle/suspend`, {
      method: 'POST',
      headers: { authorization: `SSWS ${org.token}` },
      signal: client.signal,
    })
    const ended = expect(pending).rejects.toThrow()
    await org.waitUntil(() => org.requests.length === 1)
    client.abort()
    await ended
    await org.waitUntil(() => org.applied[suspended] === 1)
  })

  it('does the work of a client that went away', async () => {
    const org = await orgWith({ users: makeUsers({ count: 1 }), latencyMs: 40 })
    const client = new AbortController()
    const pending = fetch(`${org.url}/api/v1/users/${user1}/lifecycle/suspend`, {
      method: 'POST',
      headers: { authorization: `SSWS ${org.token}` },
      signal: client.signal,
    })
    const ended = expect(pending).rejects.toThrow()
    await org.waitUntil(() => org.requests.length === 1)
    client.abort()
    await ended
    await org.waitUntil(() => org.applied[suspended] === 1)
  })

  it('redirects to where it is told', async () => {
    const elsewhere = createServer((_, response) => response.end())
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
    open.push({ close: async () => void elsewhere.close() })
    const address = elsewhere.address()
    const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
    const answer = await act(await orgWithFault({ name: 'redirect', location }), user1, 'suspend')
    expect(answer.headers.get('location')).toBe(location)
  })

  it.each([
    ['before', {}],
    ['after', { [suspended]: 1 }],
  ] as const)('gives any answer %s the work', async (when, applied) => {
    const answer = { status: 418, headers: { 'x-teapot': 'yes' }, body: 'short and stout' }
    const org = await orgWithFault({ name: 'answer', when, answer })
    const seen = await act(org, user1, 'suspend')
    expect([seen.status, seen.text, seen.headers.get('x-teapot')]).toEqual([418, 'short and stout', 'yes'])
    expect(org.applied).toEqual(applied)
  })

  it('leaves no fault without a test of its own', () => {
    const others = [
      'dropBefore',
      'dropAfter',
      'resetBefore',
      'resetAfter',
      'cutBody',
      'hangBefore',
      'hangAfter',
    ]
    const late = ['slow', 'lateDrop', 'lateHang', 'lateGatewayTimeout']
    expect([...faultNames].sort()).toEqual([...answered.map(([name]) => name), ...others, ...late].sort())
  })

  it('logs no fault for a request that a rate limit refused first', async () => {
    const org = await orgWith({
      users: makeUsers({ count: 1 }),
      rateLimit: { lifecycle: 0, read: 1, windowSeconds: 60 },
      fault: () => ({ name: 'dropAfter' }),
    })
    expect((await act(org, user1, 'suspend')).status).toBe(429)
    expect(org.requests).toMatchObject([{ fault: null, status: 429 }])
  })

  it('rejects who waits for something that a closed org will never do', async () => {
    const org = await orgWith()
    const ended = expect(org.waitUntil(() => false)).rejects.toThrow('closed before')
    await org.close()
    await ended
  })
})

describe('faults by rate', () => {
  function requestOf(number: number, attempt: number): LoggedRequest {
    const path = `/api/v1/users/${userIdOf(number)}/lifecycle/suspend`
    const rest = { headers: {}, arrivedAt: 0, fault: null, window: null, status: null }
    return { number, attempt, method: 'POST', path, key: userIdOf(number), action: 'suspend', ...rest }
  }

  it('draws about as often as the rates say, the same every time, in whatever order', () => {
    const draw = faultsByRate({ seed: 7, rates: { dropAfter: 0.2, badGatewayBefore: 0.1 } })
    const requests = Array.from({ length: 4000 }, (_, number) => requestOf(number, 1))
    const names = requests.map((request) => draw(request)?.name ?? null)
    const again = faultsByRate({ seed: 7, rates: { dropAfter: 0.2, badGatewayBefore: 0.1 } })
    expect(
      requests
        .toReversed()
        .map((request) => again(request)?.name ?? null)
        .reverse(),
    ).toEqual(names)
    const share = (name: string | null) => names.filter((drawn) => drawn === name).length / names.length
    expect(share('dropAfter')).toBeCloseTo(0.2, 1)
    expect(share('badGatewayBefore')).toBeCloseTo(0.1, 1)
    expect(share(null)).toBeCloseTo(0.7, 1)
    const other = faultsByRate({ seed: 8, rates: { dropAfter: 0.2, badGatewayBefore: 0.1 } })
    expect(requests.map((request) => other(request)?.name ?? null)).not.toEqual(names)
  })

  it('draws anew for each attempt, and for lifecycle calls alone unless told', () => {
    const draw = faultsByRate({ seed: 1, rates: { dropAfter: 0.5 } })
    const drawn = new Set(Array.from({ length: 30 }, (_, attempt) => draw(requestOf(1, attempt))?.name))
    expect(drawn.size).toBe(2)
    const read: LoggedRequest = { ...requestOf(1, 1), method: 'GET', action: null }
    expect(faultsByRate({ seed: 1, rates: { forbidden: 1 } })(read)).toBeNull()
    expect(faultsByRate({ seed: 1, rates: { forbidden: 1 }, on: 'all' })(read)?.name).toBe('forbidden')
  })

  it('spreads how late the work is done over the time that it is given', () => {
    const rates = { slow: 1 }
    const lateness = (spread: boolean) =>
      Array.from({ length: 400 }, (_, number) => {
        const fault = faultsByRate({ seed: 3, rates, afterMilliseconds: 1000, spread })(requestOf(number, 1))
        return fault !== null && 'afterMilliseconds' in fault ? (fault.afterMilliseconds ?? -1) : -1
      })
    expect(new Set(lateness(false))).toEqual(new Set([1000]))
    const spread = lateness(true)
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(0)
    expect(Math.min(...spread)).toBeLessThan(50)
    expect(Math.max(...spread)).toBeGreaterThan(950)
    expect(Math.max(...spread)).toBeLessThan(1000)
  })

  it('refuses rates that cannot be', () => {
    for (const rates of [{ dropAfter: 0.7, dropBefore: 0.4 }, { forbidden: -0.1 }, { forbidden: Number.NaN }])
      expect(() => faultsByRate({ seed: 1, rates })).toThrow(RangeError)
  })
})

describe('makeUsers', () => {
  it("makes ids in the form of Okta's, each of them once, the same every time", () => {
    const users = makeUsers({ count: 5000 })
    for (const user of users) expect(user.id).toMatch(/^00u[A-Za-z0-9]{17}$/)
    expect(new Set(users.map((user) => user.id)).size).toBe(5000)
    expect(makeUsers({ count: 5000 })).toEqual(users)
    expect(users[41]).toMatchObject({ id: userIdOf(42), login: 'user42@example.com', status: 'ACTIVE' })
  })

  it('gives statuses round and round, factors, and other numbers', () => {
    const status: ForeignStatus[] = ['STAGED', 'ACTIVE']
    const users = makeUsers({ count: 3, status, factors: 2, first: 100 })
    expect(users.map((user) => user.status)).toEqual(['STAGED', 'ACTIVE', 'STAGED'])
    expect(users.map((user) => user.login)).toEqual([100, 101, 102].map(loginOf))
    expect(users.map((user) => user.statusChanged === null)).toEqual([true, false, true])
    expect(new Set(users.flatMap((user) => user.factors.map((factor) => factor.id))).size).toBe(6)
    expect(() => makeUsers({ count: -1 })).toThrow(RangeError)
  })

  it('is not changed by the org that it is given to', async () => {
    const users = makeUsers({ count: 1, factors: 1 })
    const org = await orgWith({ users })
    await act(org, user1, 'suspend')
    await act(org, user1, 'reset_factors')
    expect(users).toEqual(makeUsers({ count: 1, factors: 1 }))
  })
})

describe('an org in a process of its own', () => {
  async function processWith(options: Parameters<typeof startForeignOrgProcess>[0]) {
    const org = await startForeignOrgProcess(options)
    open.push({ close: () => org.stop() })
    return org
  }

  it('serves, and shows what was done', async () => {
    const users = makeUsers({ count: 2, factors: 1 })
    const org = await processWith({ users, token: 'another-token' })
    expect(org.pid).not.toBe(process.pid)
    const applied = org.waitForApplied(2)
    expect((await act(org, user1, 'suspend')).text).toBe('{}')
    expect((await act(org, 'user2', 'reset_factors')).text).toBe('{}')
    await applied
    await org.waitForRequests(2)
    expect(await org.applied()).toEqual({ [suspendKey(1)]: 1, [`${userIdOf(2)} reset_factors`]: 1 })
    expect((await org.state()).users).toMatchObject([
      { id: user1, status: 'SUSPENDED', factors: [{}] },
      { id: userIdOf(2), status: 'ACTIVE', factors: [] },
    ])
    expect(await org.requests()).toMatchObject([
      { number: 1, action: 'suspend', status: 200, headers: { authorization: 'SSWS another-token' } },
      { number: 2, action: 'reset_factors', key: 'user2' },
    ])
  })

  it('takes faults by rate', async () => {
    const org = await processWith({
      users: makeUsers({ count: 1 }),
      faults: { seed: 1, rates: { dropAfter: 1 } },
    })
    await expect(act(org, user1, 'suspend')).rejects.toThrow()
    expect(await org.applied()).toEqual({ [suspendKey(1)]: 1 })
  })

  it('is gone once it is stopped, and can be stopped twice', async () => {
    const org = await startForeignOrgProcess()
    await org.stop()
    expect(() => process.kill(org.pid, 0)).toThrow('ESRCH')
    await org.stop()
  })

  it('does not start with options that cannot be', async () => {
    await expect(startForeignOrgProcess({ ownerId: user1 })).rejects.toThrow('not among the users')
  })

  it('dies with its parent, also when that is killed outright', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'foreign-org-test-'))
    open.push({ close: () => rm(directory, { recursive: true }) })
    const main = JSON.stringify(await translateForeignOrg(directory))
    const script = `
      const child = require('node:child_process').fork(${main})
      child.once('message', ({ url }) => process.stdout.write(url))
      child.send({})`
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [url] = await once(parent.stdout, 'data')
    // Never answered: it ends when the org does.
    const ended = expect(fetch(`${url}/control/wait?applied=1`)).rejects.toThrow()
    expect((await fetch(`${url}/control/applied`)).status).toBe(200)
    parent.kill('SIGKILL')
    await ended
    await expect(fetch(`${url}/control/applied`)).rejects.toThrow()
  })

  function suspendKey(number: number): string {
    return `${userIdOf(number)} suspend`
  }
})

describe('roles and groups', () => {
  const group = { id: '00gBoard000000000001', name: 'Board', members: [1, 2, 3, 4, 5, 6].map(userIdOf) }

  it('lists who has a role of their own, and shows those held through groups at the user alone', async () => {
    const roles = Object.fromEntries(
      [2, 3, 4, 5, 6, 7].map((number) => [userIdOf(number), ['Super Administrator']]),
    )
    const groups = [{ ...group, members: [userIdOf(1)], roles: ['Report Administrator'] }]
    const org = await orgWith({ users: makeUsers({ count: 8 }), ownerId: userIdOf(8), roles, groups })
    const first = await call(org, 'GET', '/iam/assignees/users?limit=100')
    const { value, _links } = first.json as { value: { id: string }[]; _links: { next: { href: string } } }
    expect(value).toHaveLength(5)
    const second = await call(org, 'GET', _links.next.href.replace(`${org.url}/api/v1`, ''))
    const others = (second.json as { value: { id: string }[] }).value
    const ids = [...value, ...others].map(({ id }) => id)
    expect(ids.sort()).toEqual([2, 3, 4, 5, 6, 7, 8].map(userIdOf).sort())
    expect((await call(org, 'GET', `/users/${userIdOf(1)}/roles`)).json).toMatchObject([
      { label: 'Report Administrator', assignmentType: 'GROUP', status: 'ACTIVE' },
    ])
    expect((await call(org, 'GET', `/users/${userIdOf(2)}/roles`)).json).toMatchObject([
      { label: 'Super Administrator', type: 'SUPER_ADMINISTRATOR', assignmentType: 'USER' },
    ])
  })

  it('lists the members of a group in pages, new ones late, and knows no other group', async () => {
    const org = await orgWith({ users: makeUsers({ count: 7 }), groups: [group] })
    const path = `/groups/${group.id}/users`
    const first = await call(org, 'GET', path)
    expect(first.json).toHaveLength(5)
    expect(first.headers.get('link')).toMatch(/rel="self".*after=.*rel="next"/)
    const second = await call(org, 'GET', `${path}?after=${userIdOf(5)}`)
    expect(second.json).toMatchObject([{ id: userIdOf(6), status: 'ACTIVE' }])
    expect(second.headers.get('link')).not.toContain('next')
    org.org.groups[0]?.members.push(userIdOf(7))
    const listedFrom = org.org.listedFrom as Map<string, number>
    listedFrom.set(`${group.id} ${userIdOf(7)}`, Date.now() + 60_000)
    expect((await call(org, 'GET', `${path}?after=${userIdOf(5)}`)).json).toHaveLength(1)
    expect((await call(org, 'GET', `/groups/${group.id}`)).json).toMatchObject({ profile: { name: 'Board' } })
    const unknown = await call(org, 'GET', '/groups/00gNobody00000000001/users')
    expect([unknown.status, unknown.json.errorCode]).toEqual([404, 'E0000007'])
  })

  it('counts them apart from lifecycle calls, except the roles of a user', async () => {
    const rateLimit = { lifecycle: 2, read: 50, windowSeconds: 60 }
    const org = await orgWith({ users: makeUsers({ count: 1 }), groups: [group], rateLimit })
    const remaining = async (path: string): Promise<string | null> =>
      (await call(org, 'GET', path)).headers.get('x-rate-limit-remaining')
    expect(await remaining(`/users/${user1}/roles`)).toBe('1')
    expect(await remaining(`/groups/${group.id}/users`)).toBe('49')
    expect(await remaining('/iam/assignees/users')).toBe('49')
    expect(await remaining(`/users/${user1}/roles`)).toBe('0')
  })
})
