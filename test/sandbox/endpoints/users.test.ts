import { describe, expect, it } from 'vitest'
import { userStatuses } from '../../../src/okta/status.ts'
import { parseOrgState } from '../../../src/sandbox/org/org-state.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { generateOrg } from '../../../src/sandbox/seed/generate-users.ts'
import {
  type Answer,
  act,
  api,
  errorOf,
  orgOf,
  read,
  send,
  token,
  userOf,
  withSandbox,
} from '../with-sandbox.ts'

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const profile = { firstName: 'Ann', lastName: 'Lee', email: 'ann@example.com', login: 'ann@example.com' }
const password = { password: { value: 'Abcd1234' } }

interface Shown {
  readonly id: string
  readonly status: string
  readonly profile: Readonly<Record<string, unknown>>
}

function idOf(answer: Answer): string {
  return (answer.body as Shown).id
}

function logins(answer: Answer): unknown[] {
  return (answer.body as Shown[]).map((user) => user.profile.login)
}

/** The next page's path, as the `Link` header names it. */
function nextOf(sandbox: Sandbox, { headers }: Answer): string | null {
  const links = [headers.link ?? []].flat()
  const next = links.find((link) => link.endsWith('; rel="next"'))
  if (next === undefined) return null
  return next.slice(1, next.indexOf('>')).replace(`${sandbox.url}/api/v1`, '')
}

async function walk(sandbox: Sandbox, path: string): Promise<Answer[]> {
  const pages: Answer[] = []
  for (let next: string | null = path; next !== null; ) {
    const page: Answer = await api(sandbox, 'GET', next)
    expect(page.status).toBe(200)
    pages.push(page)
    next = nextOf(sandbox, page)
  }
  return pages
}

describe('creating a user', () => {
  it.each([
    [
      '?activate=false',
      {},
      { status: 'STAGED', activated: null, statusChanged: null, passwordChanged: null },
    ],
    [
      '?activate=false',
      { credentials: password },
      { status: 'STAGED', passwordChanged: expect.any(String), statusChanged: '2026-01-02T03:04:05.000Z' },
    ],
    ['', {}, { status: 'PROVISIONED', passwordChanged: null }],
    ['?activate=true', { credentials: password }, { status: 'ACTIVE', activated: expect.any(String) }],
    ['?nextLogin=changePassword', { credentials: password }, { status: 'PASSWORD_EXPIRED' }],
    ['', { credentials: { password: { hash: { algorithm: 'BCRYPT' } } } }, { status: 'ACTIVE' }],
    ['', { credentials: { provider: { type: 'FEDERATION', name: 'FEDERATION' } } }, { status: 'ACTIVE' }],
    [
      '',
      { credentials: { ...password, recovery_question: { question: 'Who?', answer: 'me' } } },
      { credentials: { password: {}, recovery_question: { question: 'Who?' }, provider: { type: 'OKTA' } } },
    ],
  ])('with %j and %j', async (query, rest, expected) => {
    await withSandbox({ seed: orgOf([]), now: () => start }, async (sandbox) => {
      const answer = await api(sandbox, 'POST', `/users${query}`, { profile, ...rest })
      const always = { created: '2026-01-02T03:04:05.000Z', profile }
      expect(answer).toMatchObject({ status: 200, body: { ...always, ...expected } })
      expect(answer.headers['x-rate-limit-remaining']).toBe('299')
      expect((await read(sandbox, idOf(answer))).body).toEqual(answer.body)
      expect(JSON.stringify(sandbox.org.state())).not.toContain('Abcd1234')
    })
  })

  it('takes the attributes of the schema, and shows those that have a value', async () => {
    const seed = { ...orgOf([]), attributes: ['age', 'teams', 'remote'] }
    await withSandbox({ seed }, async (sandbox) => {
      const more = { ...profile, nickName: 'Annie', age: 33, teams: ['a', 'b'], remote: true }
      const answer = await api(sandbox, 'POST', '/users', { profile: { ...more, manager: null } })
      const shown = { ...more, mobilePhone: null, secondEmail: null }
      expect((answer.body as Shown).profile).toEqual(shown)
      const cleared = await api(sandbox, 'POST', `/users/${idOf(answer)}`, { profile: { age: null } })
      const { age: _age, ...rest } = shown
      expect((cleared.body as Shown).profile).toEqual(rest)
      const [listed] = (await api(sandbox, 'GET', '/users')).body as Shown[]
      expect(listed?.profile).toEqual(rest)
      const found = await api(sandbox, 'GET', `/users?search=${encodeURIComponent('profile.teams eq "B"')}`)
      expect(logins(found)).toEqual(['ann@example.com'])
    })
  })

  it('knows the attributes that users of the seed have, and no other', async () => {
    const ann = userOf('ann@example.com', 'ACTIVE')
    const seed = orgOf([{ ...ann, profile: { ...ann.profile, shoeSize: 44 } }])
    await withSandbox({ seed }, async (sandbox) => {
      const change = (attributes: object): Promise<Answer> =>
        api(sandbox, 'POST', `/users/${ann.id}`, { profile: attributes })
      expect((await change({ shoeSize: 45 })).status).toBe(200)
      for (const value of ['x', null]) {
        const answer = await change({ hatSize: value, lastName: 'Ray' })
        expect(errorOf(answer)).toBe('400 E0000001 | Property name hatSize is not defined in profile')
      }
      expect((await read(sandbox, ann.id)).body).toMatchObject({
        profile: { shoeSize: 45, lastName: 'Test' },
      })
      const again = parseOrgState(JSON.stringify(sandbox.org.state()), 'state.json')
      expect(again.attributes).toEqual(['shoeSize'])
    })
  })

  const taken = 'login: An object with this field already exists in the current organization'
  it.each([
    [{ profile: { ...profile, login: 'TAKEN@example.com' } }, `400 E0000001 | ${taken}`],
    [{ profile: { ...profile, login: 'tâken@example.com' } }, `400 E0000001 | ${taken}`],
    [
      {},
      ['login', 'firstName', 'lastName', 'email'].map((name) => `${name}: The field cannot be left blank`),
    ],
    [{ profile: { ...profile, lastName: '  ' } }, '400 E0000001 | lastName: The field cannot be left blank'],
    [{ profile: { ...profile, login: 'ann' } }, 'login: Username must be in the form of an email address'],
    [{ profile: { ...profile, login: 'a b@example.com' } }, 'login: Username must be in the form'],
    [{ profile: { ...profile, email: 'nowhere' } }, 'email: Does not match required pattern'],
    [
      { profile, credentials: { password: { value: 'short' } } },
      'password: Password requirements were not met',
    ],
    [{ profile, credentials: { provider: { type: 'ELSEWHERE' } } }, 'provider'],
    [{ profile: 'Ann' }, 'profile: '],
    [{ profile: { ...profile, title: { a: 1 } } }, 'profile.title: '],
    [{ profile, groupIds: ['00gnobody'] }, '404 E0000007'],
  ])('refuses %j', async (body, causes) => {
    await withSandbox({ seed: orgOf([userOf('taken@example.com', 'ACTIVE')]) }, async (sandbox) => {
      const answer = await api(sandbox, 'POST', '/users', body)
      for (const cause of [causes].flat()) expect(errorOf(answer)).toContain(cause)
      expect(sandbox.org.size).toBe(1)
    })
  })

  it.each([
    ['{', 'application/json', '400 E0000003'],
    ['{}', 'text/plain', '415 E0000021'],
    ['', 'application/json', '400 E0000001'],
  ])('refuses the body %j of type %s', async (body, type, error) => {
    await withSandbox({ seed: orgOf([]) }, async (sandbox) => {
      const answer = await send(`${sandbox.url}/api/v1/users`, 'POST', { 'content-type': type }, body)
      expect(errorOf(answer)).toContain(error)
    })
  })
})

describe('changing a user', () => {
  it('POST leaves what it does not name, PUT does not', async () => {
    let now = start
    await withSandbox({ seed: orgOf([]), now: () => now }, async (sandbox) => {
      const id = idOf(await api(sandbox, 'POST', '/users', { profile: { ...profile, nickName: 'A' } }))
      now += 5000
      const partial = await api(sandbox, 'POST', `/users/${id}`, { profile: { lastName: 'Ray' } })
      expect(partial.body).toMatchObject({
        profile: { ...profile, nickName: 'A', lastName: 'Ray' },
        lastUpdated: '2026-01-02T03:04:10.000Z',
        statusChanged: '2026-01-02T03:04:05.000Z',
      })
      expect(partial.headers['x-rate-limit-limit']).toBe('300')
      const full = await api(sandbox, 'PUT', `/users/${id}`, { profile: { ...profile, mobilePhone: '1' } })
      expect((full.body as Shown).profile).toEqual({ ...profile, mobilePhone: '1', secondEmail: null })
      expect(errorOf(await api(sandbox, 'PUT', `/users/${id}`, { profile: { firstName: 'A' } }))).toContain(
        'login: The field cannot be left blank',
      )
    })
  })

  it('PUT of credentials alone sets the password and leaves the profile', async () => {
    await withSandbox({ seed: orgOf([]) }, async (sandbox) => {
      const named = { ...profile, nickName: 'A' }
      const id = idOf(await api(sandbox, 'POST', '/users', { profile: named }))
      const answer = await api(sandbox, 'PUT', `/users/${id}`, { credentials: password })
      expect(answer).toMatchObject({ status: 200, body: { status: 'ACTIVE', profile: named } })
      expect(sandbox.org.find(id)?.secrets?.passwordHash).toEqual(expect.any(String))
      expect(errorOf(await api(sandbox, 'PUT', `/users/${id}`, {}))).toContain('login: The field')
      expect(errorOf(await api(sandbox, 'POST', '/users', { credentials: password }))).toContain('login: ')
    })
  })

  it('changes a login, after which the old one is free and the new one is found', async () => {
    const users = [userOf('ann@example.com', 'ACTIVE'), userOf('bo@example.com', 'ACTIVE')]
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      const [id] = users.map((user) => user.id)
      expect(
        errorOf(await api(sandbox, 'POST', `/users/${id}`, { profile: { login: 'BO@example.com' } })),
      ).toMatch(/already exists/)
      const renamed = await api(sandbox, 'POST', `/users/${id}`, { profile: { login: 'Anna@example.com' } })
      expect(renamed.status).toBe(200)
      expect((await read(sandbox, 'anna')).body).toMatchObject({ id })
      expect((await read(sandbox, 'ann@example.com')).status).toBe(404)
      expect((await api(sandbox, 'POST', '/users', { profile })).status).toBe(200)
    })
  })

  it('makes a PROVISIONED user ACTIVE with a password, at that time', async () => {
    const user = userOf('ann@example.com', 'PROVISIONED', { passwordChanged: null })
    await withSandbox({ seed: orgOf([user]), now: () => start }, async (sandbox) => {
      const answer = await api(sandbox, 'POST', `/users/${user.id}`, { credentials: password })
      const time = '2026-01-02T03:04:05.000Z'
      expect(answer.body).toMatchObject({ status: 'ACTIVE', statusChanged: time, passwordChanged: time })
    })
  })

  it('refuses the deactivated, those in transition, and profiles that a directory masters', async () => {
    const users = [
      userOf('gone@example.com', 'DEPROVISIONED'),
      userOf('ad@example.com', 'ACTIVE', { source: 'ACTIVE_DIRECTORY' }),
      userOf('busy@example.com', 'ACTIVE'),
    ]
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      await act(sandbox, 'busy', 'deactivate', { prefer: 'respond-async' })
      const change = { profile: { lastName: 'Ray' } }
      const answers = ['gone', 'ad', 'busy'].map((key) => api(sandbox, 'POST', `/users/${key}`, change))
      expect((await Promise.all(answers)).map(errorOf)).toEqual([
        '403 E0000038',
        '403 E0000023',
        '409 E0000112',
      ])
    })
  })
})

describe('listing users', () => {
  it('pages by two Link headers, two hundred at most, without the deactivated', async () => {
    const seed = { ...generateOrg({ count: 520, now: start }), tokens: orgOf([]).tokens }
    await withSandbox({ seed }, async (sandbox) => {
      const pages = await walk(sandbox, '/users')
      expect(pages.map((page) => (page.body as Shown[]).length)).toEqual([200, 200, 56])
      const shown = pages.flatMap((page) => page.body as Shown[])
      expect(new Set(shown.map((user) => user.id)).size).toBe(456)
      expect(shown.some((user) => user.status === 'DEPROVISIONED')).toBe(false)
      const [first] = pages
      const last = shown[199]?.id
      expect(first?.headers.link).toEqual([
        `<${sandbox.url}/api/v1/users>; rel="self"`,
        `<${sandbox.url}/api/v1/users?after=2${last}>; rel="next"`,
      ])
      expect(pages.at(-1)?.headers.link).toMatch(/^<[^>]*>; rel="self"$/)
      expect(first?.headers['x-rate-limit-limit']).toBe('300')
      expect((await api(sandbox, 'GET', '/users?limit=1000')).body).toHaveLength(200)
    })
  })

  it('links to where the client already is', async () => {
    await withSandbox(
      { seed: orgOf([userOf('a@example.com', 'ACTIVE'), userOf('b@example.com', 'ACTIVE')]) },
      async (sandbox) => {
        const url = sandbox.url.replace('127.0.0.1', 'localhost')
        const { headers } = await send(`${url}/api/v1/users?limit=1`, 'GET')
        expect([headers.link].flat()[1]).toMatch(
          new RegExp(`^<${url}/api/v1/users\\?after=200u\\w+&limit=1>`),
        )
      },
    )
  })

  it('goes on after a user who is gone by then', async () => {
    const users = ['a', 'b', 'c', 'd'].map((name) => userOf(`${name}@example.com`, 'ACTIVE'))
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      const first = await api(sandbox, 'GET', '/users?limit=2')
      for (let time = 0; time < 2; time += 1) await api(sandbox, 'DELETE', `/users/${users[1]?.id}`)
      const second = await api(sandbox, 'GET', nextOf(sandbox, first) ?? '')
      expect(logins(second)).toEqual(['c@example.com', 'd@example.com'])
    })
  })

  it.each(['limit=0', 'limit=-1', 'limit=many', 'after=200unobody'])('refuses %s', async (query) => {
    await withSandbox({ seed: orgOf([]) }, async (sandbox) => {
      expect(errorOf(await api(sandbox, 'GET', `/users?${query}`))).toContain('400 E0000001')
    })
  })
})

describe('searching', () => {
  const users = [
    userOf('ann.lee@example.com', 'ACTIVE', { created: '2025-01-01T00:00:00.000Z' }),
    userOf('bo@example.com', 'SUSPENDED', {
      created: '2025-06-01T00:00:00.000Z',
      statusChanged: '2025-07-01T00:00:00.000Z',
    }),
    userOf('cy@example.com', 'DEPROVISIONED', { created: '2025-12-01T00:00:00.000Z' }),
  ].map((user, index) => ({
    ...user,
    profile: {
      ...user.profile,
      firstName: ['Ann', 'Bo', 'Ännchen'][index] ?? '',
      department: ['IT', 'it ops', 7][index] ?? null,
    },
  }))
  const [ann, bo, cy] = ['ann.lee@example.com', 'bo@example.com', 'cy@example.com']

  it.each([
    ['status eq "ACTIVE"', [ann]],
    ['status ne "ACTIVE"', [bo, cy]],
    [`id eq "${users[1]?.id}"`, [bo]],
    [`id eq "${users[1]?.id.toUpperCase()}"`, []],
    [`id eq "${users[0]?.id}" or id eq "${users[2]?.id}"`, [ann, cy]],
    ['profile.login eq "ANN.LEE@EXAMPLE.COM"', [ann]],
    ['profile.firstName sw "a"', [ann]],
    ['profile.firstName eq "Ännchen"', [cy]],
    ['profile.department sw "IT"', [ann, bo]],
    ['profile.department eq 7', [cy]],
    ['profile.department pr and (status eq "ACTIVE" or status eq "DEPROVISIONED")', [ann, cy]],
    ['profile.email co "example" and profile.lastName eq "Test"', [ann, bo, cy]],
    ['profile.costCenter eq "1"', []],
    ['created gt "2025-06-01T00:00:00.000Z"', [cy]],
    ['created ge "2025-06-01T00:00:00Z" and created lt "2025-12-01T00:00:00+01:00"', [bo]],
    ['statusChanged lt "2026-01-01T00:00:00.000Z"', [bo]],
    ['lastUpdated le "2025-01-02T03:04:05.000Z"', [ann, bo, cy]],
    ['not_there eq "x"', '400 E0000031'],
    ['status', '400 E0000031'],
    ['created gt "yesterday"', '400 E0000031'],
    ['created sw "2025"', '400 E0000031'],
    ['(status eq "ACTIVE"', '400 E0000031'],
  ])('%s', async (text, expected) => {
    await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
      for (const name of ['search', 'filter']) {
        const answer = await api(sandbox, 'GET', `/users?${name}=${encodeURIComponent(text)}`)
        expect(answer.status === 200 ? logins(answer) : errorOf(answer)).toEqual(expected)
      }
    })
  })

  it.each([
    ['an', [ann]],
    ['BO', [bo]],
    ['te', [ann, bo]],
    ['ann.lee@', [ann]],
    ['lee', []],
    ['cy', []],
  ])(
    'q=%s finds by the beginning of names and e-mail address, none of the deactivated',
    async (q, expected) => {
      await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
        expect(logins(await api(sandbox, 'GET', `/users?q=${q}`))).toEqual(expected)
      })
    },
  )

  it('sorts, page after page, and keeps its place when the last user changes', async () => {
    const many = Array.from({ length: 9 }, (_, index) => {
      const user = userOf(`user${index}@example.com`, 'ACTIVE')
      return { ...user, profile: { ...user.profile, lastName: `${'cab'[index % 3]}` } }
    })
    await withSandbox({ seed: orgOf(many) }, async (sandbox) => {
      const path = `/users?search=${encodeURIComponent('status eq "ACTIVE"')}&sortBy=profile.lastName&limit=2`
      const pages = await walk(sandbox, path)
      const order = pages.flatMap(logins)
      expect(order).toEqual([1, 4, 7, 2, 5, 8, 0, 3, 6].map((index) => `user${index}@example.com`))
      const down = (await walk(sandbox, `${path}&sortOrder=desc`)).flatMap(logins)
      expect(down).toEqual(order.toReversed())
      const first = await api(sandbox, 'GET', path)
      await act(sandbox, 'user4', 'suspend')
      expect(logins(await api(sandbox, 'GET', nextOf(sandbox, first) ?? ''))).toEqual([order[2], order[3]])
    })
  })
})

describe('a seed with groups and attributes', () => {
  it('is served as it says', async () => {
    const text = JSON.stringify({
      version: 1,
      users: [
        {
          status: 'LOCKED_OUT',
          source: 'ACTIVE_DIRECTORY',
          profile: { login: 'ann@example.com', department: 'IT' },
        },
        { status: 'ACTIVE', profile: { login: 'bo@example.com' }, roles: ['HELP_DESK_ADMIN'] },
      ],
      groups: [{ name: 'Board', members: ['ann@example.com'] }],
      tokens: [{ value: token, owner: null }],
    })
    await withSandbox({ seed: parseOrgState(text, 'seed.json') }, async (sandbox) => {
      expect(errorOf(await act(sandbox, 'ann', 'unlock'))).toBe('403 E0000032')
      expect((await read(sandbox, 'ann')).body).toMatchObject({
        profile: { department: 'IT' },
        credentials: { provider: { type: 'ACTIVE_DIRECTORY' } },
      })
      const { body } = await api(sandbox, 'GET', '/users/ann/groups')
      expect(body).toMatchObject([{ profile: { name: 'Everyone' } }, { profile: { name: 'Board' } }])
      expect((await api(sandbox, 'GET', '/users/bo/roles')).body).toMatchObject([{ type: 'HELP_DESK_ADMIN' }])
      const again = parseOrgState(JSON.stringify(sandbox.org.state()), 'state.json')
      expect(again).toEqual(sandbox.org.state())
    })
  })

  it('is refused where a member is nobody', async () => {
    const group = {
      id: '00g00000000000000000',
      type: 'OKTA_GROUP' as const,
      name: 'Board',
      description: null,
      roles: [],
    }
    const time = '2026-01-01T00:00:00.000Z'
    const times = { created: time, lastUpdated: time, lastMembershipUpdated: time }
    const seed = { ...orgOf([]), groups: [{ ...group, ...times, members: ['nobody@example.com'] }] }
    await expect(withSandbox({ seed }, async () => {})).rejects.toThrow(/Board.*nobody@example.com/)
  })
})

it('lists users of every status by filter, the deactivated too', async () => {
  const users = userStatuses.map((status) => userOf(`${status.toLowerCase()}@example.com`, status))
  await withSandbox({ seed: orgOf(users) }, async (sandbox) => {
    for (const status of userStatuses) {
      const answer = await api(sandbox, 'GET', `/users?filter=${encodeURIComponent(`status eq "${status}"`)}`)
      expect(logins(answer)).toEqual([`${status.toLowerCase()}@example.com`])
    }
  })
})
