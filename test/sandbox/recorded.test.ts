import { describe, expect, it } from 'vitest'
import type { SandboxUser } from '../../src/sandbox/users/user.ts'
import { api, orgOf, read, send, userOf, withSandbox } from './with-sandbox.ts'

/**
 * What real orgs answered, with the user as the user was then. Sources: recordings that the projects
 * okta-sdk-python (2025), oktakit (2016, 2021) and terraform-provider-okta (2025, 2026) keep for their own tests, and
 * bodies of real answers in the tests of a Python client. Links to an org are those of the org that answers.
 */
interface Recorded {
  readonly call: string
  readonly user: SandboxUser
  readonly status: number
  /** Without the `errorId`, which is another one each time. */
  readonly body: object
}

const oneTimeToken = expect.stringMatching(/^[\w-]{20}$/)
const activationUrl = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/tokens\/[\w-]{20}\/verify$/)

function error(errorCode: string, errorSummary: string, ...causes: string[]): object {
  const errorCauses = causes.map((cause) => ({ errorSummary: cause }))
  return { errorCode, errorSummary, errorLink: errorCode, errorCauses }
}

const staged = userOf('staged@example.com', 'STAGED')
const active = userOf('active@example.com', 'ACTIVE')
const suspended = userOf('suspended@example.com', 'SUSPENDED')
const gone = userOf('gone@example.com', 'DEPROVISIONED')
const provisioned = userOf('provisioned@example.com', 'PROVISIONED')
const locked = userOf('locked@example.com', 'LOCKED_OUT')

const recorded: readonly Recorded[] = [
  {
    call: 'activate?sendEmail=false',
    user: staged,
    status: 200,
    body: { activationUrl, activationToken: oneTimeToken },
  },
  { call: 'activate', user: staged, status: 200, body: {} },
  { call: 'suspend', user: active, status: 200, body: {} },
  { call: 'suspend', user: provisioned, status: 200, body: {} },
  { call: 'unsuspend', user: suspended, status: 200, body: {} },
  { call: 'reset_factors', user: active, status: 200, body: {} },
  { call: 'deactivate', user: active, status: 200, body: {} },
  { call: 'deactivate', user: staged, status: 200, body: {} },
  { call: 'reactivate', user: provisioned, status: 200, body: { activationToken: oneTimeToken } },
  { call: 'unlock', user: locked, status: 200, body: {} },
  {
    call: 'reactivate?sendEmail=false',
    user: staged,
    status: 403,
    body: error('E0000038', "This operation is not allowed in the user's current status."),
  },
  {
    call: 'unlock',
    user: active,
    status: 403,
    body: error('E0000032', 'Unlock is not allowed for this user.', 'The user is not locked out.'),
  },
  {
    call: 'activate',
    user: active,
    status: 403,
    body: error('E0000016', 'Activation failed because the user is already active'),
  },
  {
    call: 'deactivate',
    user: gone,
    status: 404,
    body: error('E0000007', `Not found: Resource not found: ${gone.id} (User)`),
  },
  {
    call: 'suspend',
    user: suspended,
    status: 400,
    body: error('E0000001', 'Api validation failed: suspendUser', 'Cannot suspend a user that is not active'),
  },
  {
    call: 'unsuspend',
    user: active,
    status: 400,
    body: error(
      'E0000001',
      'Api validation failed: suspendUser',
      'Cannot unsuspend a user that is not suspended',
    ),
  },
]

function withoutId(body: unknown): unknown {
  const { errorId, ...rest } = body as { errorId?: string }
  if (errorId !== undefined) expect(errorId).toMatch(/^oae[\w-]{22}$/)
  return rest
}

describe('lifecycle calls answer as recorded', () => {
  it.each(recorded)('$call on $user.status: $status', async ({ call, user, status, body }) => {
    await withSandbox({ seed: orgOf([user]) }, async (sandbox) => {
      for (const slashes of ['/', '//']) {
        if (slashes === '//') await api(sandbox, 'POST', `/sandbox/users/${user.id}`, { status: user.status })
        const url = `${sandbox.url}${slashes}api/v1/users/${user.id}/lifecycle/${call}`
        const answer = await send(url, 'POST')
        expect({ status: answer.status, body: withoutId(answer.body) }).toEqual({ status, body })
        expect(answer.headers).toMatchObject({ 'content-type': 'application/json', server: 'nginx' })
        expect(answer.headers).not.toHaveProperty('retry-after')
      }
    })
  })
})

describe('users are shown as recorded', () => {
  it('SUSPENDED, whose statusChanged is the second of the suspend', async () => {
    let now = Date.parse('2025-09-29T03:49:50Z')
    await withSandbox({ seed: orgOf([]), now: () => now }, async (sandbox) => {
      const profile = {
        firstName: 'Jo',
        lastName: 'Doe',
        mobilePhone: '+1-555-0100',
        displayName: 'Jo Doe',
        nickName: 'J',
        secondEmail: null,
        login: 'Jo.Doe@example.com',
        email: 'Jo.Doe@example.com',
      }
      const made = await api(sandbox, 'POST', '/users?activate=false', {
        profile,
        credentials: { password: { value: 'Abcd1234' } },
      })
      const { id } = made.body as { id: string }
      now += 1000
      await api(sandbox, 'POST', `/users/${id}/lifecycle/activate?sendEmail=false`)
      now += 4000
      await api(sandbox, 'POST', `/users/${id}/lifecycle/suspend`)
      now += 1000
      const { body, headers } = await read(sandbox, id)
      const self = `${sandbox.url}/api/v1/users/${id}`
      expect(body).toEqual({
        id,
        status: 'SUSPENDED',
        created: '2025-09-29T03:49:50.000Z',
        activated: '2025-09-29T03:49:51.000Z',
        statusChanged: '2025-09-29T03:49:55.000Z',
        lastLogin: null,
        lastUpdated: '2025-09-29T03:49:55.000Z',
        passwordChanged: '2025-09-29T03:49:50.000Z',
        type: { id: expect.stringMatching(/^oty\w{17}$/) },
        profile,
        credentials: {
          password: {},
          emails: [{ value: 'Jo.Doe@example.com', status: 'VERIFIED', type: 'PRIMARY' }],
          provider: { type: 'OKTA', name: 'OKTA' },
        },
        _links: {
          schema: { href: expect.stringMatching(/\/api\/v1\/meta\/schemas\/user\/osc\w{17}$/) },
          unsuspend: { href: `${self}/lifecycle/unsuspend`, method: 'POST' },
          self: { href: self },
          resetFactors: { href: `${self}/lifecycle/reset_factors`, method: 'POST' },
          type: { href: expect.stringMatching(/\/api\/v1\/meta\/types\/user\/oty\w{17}$/) },
          deactivate: { href: `${self}/lifecycle/deactivate`, method: 'POST' },
        },
      })
      expect(headers.etag).toMatch(/^W\/"[0-9a-f]{64}"$/)
      expect(headers.date).toBe('Mon, 29 Sep 2025 03:49:56 GMT')
    })
  })

  it('STAGED with a password, found by a login whose @ is not encoded', async () => {
    await withSandbox({ seed: orgOf([staged]) }, async (sandbox) => {
      const { body } = await api(sandbox, 'GET', '/users/staged@example.com')
      const { _links, ...user } = body as { _links: object }
      expect(user).toMatchObject({ status: 'STAGED', activated: null, statusChanged: null, lastLogin: null })
      expect(Object.keys(_links).sort()).toEqual(['activate', 'resetFactors', 'schema', 'self', 'type'])
    })
  })

  it('DEPROVISIONED in the very second of the deactivate, who has no password any more', async () => {
    const now = Date.parse('2025-03-13T23:45:59Z')
    await withSandbox({ seed: orgOf([active]), now: () => now }, async (sandbox) => {
      await api(sandbox, 'POST', `/users/${active.id}/lifecycle/deactivate`)
      const { body } = await read(sandbox, active.id)
      const time = '2025-03-13T23:45:59.000Z'
      expect(body).toMatchObject({
        status: 'DEPROVISIONED',
        statusChanged: time,
        lastUpdated: time,
        passwordChanged: null,
        credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
      })
      expect((body as { credentials: object }).credentials).not.toHaveProperty('password')
    })
  })

  it('deleted: 204 without a body, then 404 as for an id that never was', async () => {
    await withSandbox({ seed: orgOf([gone]) }, async (sandbox) => {
      expect(await api(sandbox, 'DELETE', `/users/${gone.id}`)).toMatchObject({ status: 204, body: null })
      const answer = await read(sandbox, gone.id)
      const body = error('E0000007', `Not found: Resource not found: ${gone.id} (User)`)
      expect({ status: answer.status, body: withoutId(answer.body) }).toEqual({ status: 404, body })
    })
  })

  it('in a list with a Link header, or two on lines of their own', async () => {
    await withSandbox({ seed: orgOf([active, suspended]) }, async (sandbox) => {
      const whole = await api(sandbox, 'GET', '/users?limit=10')
      expect(whole.headers.link).toBe(`<${sandbox.url}/api/v1/users?limit=10>; rel="self"`)
      const part = await api(sandbox, 'GET', '/users?limit=1')
      expect(part.headers.link).toEqual([
        `<${sandbox.url}/api/v1/users?limit=1>; rel="self"`,
        `<${sandbox.url}/api/v1/users?after=2${active.id}&limit=1>; rel="next"`,
      ])
    })
  })
})

describe('refusals by rate limit and token are as recorded', () => {
  it.each([
    // The org's limit, the second of the refusal, and how far ahead the reset was then.
    { limit: 100, date: 'Mon, 29 Sep 2025 06:24:57 GMT', ahead: 8 },
    { limit: 100, date: 'Mon, 29 Sep 2025 06:25:59 GMT', ahead: 8 },
    { limit: 20, date: 'Thu, 11 Sep 2025 16:21:50 GMT', ahead: 8 },
  ])('429 of a bucket of $limit at $date', async ({ limit, date, ahead }) => {
    const second = Date.parse(date)
    let now = second - (60 - ahead) * 1000
    const options = { seed: orgOf([active]), now: () => now, limits: { '/api/v1/users': limit } }
    await withSandbox(options, async (sandbox) => {
      for (let call = 0; call < limit / 2; call += 1) {
        await api(sandbox, 'POST', `/users/${active.id}/lifecycle/reset_factors`)
      }
      now = second
      const answer = await api(sandbox, 'POST', `/users/${active.id}/lifecycle/reset_factors`)
      const body = error('E0000047', 'API call exceeded rate limit due to too many requests.')
      expect({ status: answer.status, body: withoutId(answer.body) }).toEqual({ status: 429, body })
      expect(answer.headers).toMatchObject({
        date,
        'content-type': 'application/json',
        'x-rate-limit-limit': String(limit / 2),
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': String(second / 1000 + ahead),
        'x-okta-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      })
    })
  })

  it('401 with www-authenticate, and counted', async () => {
    await withSandbox({ seed: orgOf([active]) }, async (sandbox) => {
      const url = `${sandbox.url}/api/v1/users/${active.id}/lifecycle/suspend`
      const answer = await send(url, 'POST', { authorization: 'SSWS wrong' })
      const body = error('E0000011', 'Invalid token provided')
      expect({ status: answer.status, body: withoutId(answer.body) }).toEqual({ status: 401, body })
      expect(answer.headers).toMatchObject({ 'www-authenticate': 'SSWS', 'x-rate-limit-remaining': '299' })
    })
  })
})

/**
 * One token's calls on 2025-09-29 from 03:49:50 on, in an org of 100 requests a minute: second, call, and what the
 * answer said remained and when it would reset, in seconds after 03:49:00. Source: okta-sdk-python, its test of the
 * user lifecycle. The last deactivate was answered in the second of the reset, by the next window: where within that
 * second the boundary lies differs from one answer to another, and the sandbox has it at the second's end, so that
 * this one call is made a second later.
 */
const trace: readonly (readonly [number, 'GET' | 'POST' | 'DELETE', string, number, number])[] = [
  [50, 'POST', '/lifecycle/activate?sendEmail=false', 34, 68],
  [54, 'GET', '', 49, 114],
  [55, 'POST', '/lifecycle/suspend', 33, 68],
  [56, 'GET', '', 48, 114],
  [57, 'POST', '/lifecycle/unsuspend', 32, 68],
  [59, 'POST', '/lifecycle/expire_password_with_temp_password', 31, 68],
  [60, 'POST', '/lifecycle/reset_password?sendEmail=false', 30, 68],
  [61, 'POST', '/lifecycle/reset_factors', 29, 68],
  [62, 'DELETE', '/sessions', 28, 68],
  [63, 'GET', '?list', 27, 68],
  [65, 'GET', '/grants', 26, 68],
  [66, 'GET', '/groups', 25, 68],
  [67, 'GET', '/appLinks', 24, 68],
  [69, 'POST', '/lifecycle/deactivate', 49, 129],
  [70, 'DELETE', '', 48, 91],
]

it('counts in the buckets of the recorded trace, call by call', async () => {
  const minute = Date.parse('2025-09-29T03:49:00Z')
  let now = 0
  const limits = { '/api/v1/users': 100, '/api/v1/users/{id:.+}': 100, '/api/v1/users/{id}': 100 }
  await withSandbox({ seed: orgOf([active, staged]), now: () => now, limits }, async (sandbox) => {
    const place = `/users/${staged.id}`
    // What the trace does not show: the calls before it, which opened the windows that it begins in.
    now = minute + 8000
    for (let call = 0; call < 15; call += 1) await api(sandbox, 'GET', '/users?limit=1')
    now = minute + 31_000
    await api(sandbox, 'POST', place, { profile: { lastName: 'Doe' } })
    for (const [second, method, path, remaining, reset] of trace) {
      now = minute + second * 1000
      const answer = await api(sandbox, method, path === '?list' ? '/users?limit=10' : place + path)
      expect([second, path, answer.status < 300]).toEqual([second, path, true])
      expect([second, path, answer.headers['x-rate-limit-limit']]).toEqual([second, path, '50'])
      expect([second, path, Number(answer.headers['x-rate-limit-remaining'])]).toEqual([
        second,
        path,
        remaining,
      ])
      const ahead = Number(answer.headers['x-rate-limit-reset']) - minute / 1000
      expect([second, path, ahead]).toEqual([second, path, reset])
    }
  })
})
