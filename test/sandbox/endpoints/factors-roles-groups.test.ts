import { describe, expect, it } from 'vitest'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type Answer, act, api, errorOf, orgOf, read, userOf, withSandbox } from '../with-sandbox.ts'

const ann = userOf('ann@example.com', 'ACTIVE')
const bo = userOf('bo@example.com', 'ACTIVE')

function idOf({ body }: Answer): string {
  return (body as { id: string }).id
}

function idsOf({ body }: Answer): string[] {
  return (body as { id: string }[]).map(({ id }) => id)
}

describe('factors', () => {
  it('are enrolled, shown, confirmed, reset and taken away', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const sms = { factorType: 'sms', provider: 'OKTA', profile: { phoneNumber: '+1-555-0100' } }
      const pending = await api(sandbox, 'POST', '/users/ann/factors', sms)
      expect(pending).toMatchObject({ status: 200, body: { ...sms, status: 'PENDING_ACTIVATION' } })
      const place = `/users/ann/factors/${idOf(pending)}`
      const active = await api(sandbox, 'POST', `${place}/lifecycle/activate`, { passCode: '123456' })
      expect(active.body).toMatchObject({ id: idOf(pending), status: 'ACTIVE' })
      expect(errorOf(await api(sandbox, 'POST', `${place}/lifecycle/activate`))).toBe('403 E0000038')
      const question = { factorType: 'question', profile: { question: 'first_pet', answer: 'Rex' } }
      const asked = await api(sandbox, 'POST', '/users/ann/factors', question)
      expect(asked.body).toMatchObject({ status: 'ACTIVE', profile: { question: 'first_pet' } })
      expect(JSON.stringify(sandbox.org.state())).not.toContain('Rex')
      expect(idsOf(await api(sandbox, 'GET', '/users/ann/factors'))).toEqual([idOf(pending), idOf(asked)])
      expect((await api(sandbox, 'GET', place)).body).toEqual(active.body)
      expect((await api(sandbox, 'DELETE', place)).status).toBe(204)
      expect((await api(sandbox, 'GET', place)).status).toBe(404)
      await act(sandbox, 'ann', 'reset_factors')
      expect((await api(sandbox, 'GET', '/users/ann/factors')).body).toEqual([])
    })
  })

  it('are offered by a catalogue that knows what is set up', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const email = { factorType: 'email', profile: { email: 'ann@example.com' } }
      await api(sandbox, 'POST', '/users/ann/factors?activate=true', email)
      const { body } = await api(sandbox, 'GET', '/users/ann/factors/catalog')
      const offered = body as { factorType: string; status: string }[]
      expect(offered.length).toBeGreaterThan(5)
      expect(offered.filter(({ status }) => status === 'ACTIVE')).toMatchObject([{ factorType: 'email' }])
      expect((await api(sandbox, 'GET', '/users/ann/factors/questions')).body).toMatchObject([
        { question: 'first_pet' },
        {},
        {},
      ])
    })
  })

  it.each([
    [{}, 'factorType: The field cannot be left blank'],
    [{ factorType: 'telepathy' }, 'not supported'],
    [{ factorType: 'sms' }, 'phoneNumber: The field cannot be left blank'],
    [{ factorType: 'push' }, 'already set up'],
  ])('refuses %j', async (body, cause) => {
    const created = '2025-01-02T03:04:05.000Z'
    const factor = { id: 'opf1', factorType: 'push', provider: 'OKTA', status: 'ACTIVE', created } as const
    await withSandbox({ seed: orgOf([{ ...ann, factors: [factor] }]) }, async (sandbox) => {
      const answer = await api(sandbox, 'POST', '/users/ann/factors', body)
      expect(errorOf(answer)).toContain('400 E0000001')
      expect(errorOf(answer)).toContain(cause)
    })
  })
})

describe('roles', () => {
  it('are given, shown, listed with all who have any, and taken', async () => {
    await withSandbox({ seed: orgOf([ann, bo]) }, async (sandbox) => {
      const role = await api(sandbox, 'POST', '/users/ann/roles', { type: 'USER_ADMIN' })
      const shown = {
        type: 'USER_ADMIN',
        label: 'Group Administrator',
        status: 'ACTIVE',
        assignmentType: 'USER',
      }
      expect(role).toMatchObject({ status: 201, body: shown })
      expect(errorOf(await api(sandbox, 'POST', '/users/ann/roles', { type: 'USER_ADMIN' }))).toBe(
        '409 E0000090',
      )
      expect(errorOf(await api(sandbox, 'POST', '/users/ann/roles', { type: 'KING' }))).toMatch(
        /^400 E0000001/,
      )
      await api(sandbox, 'POST', '/users/bo/roles', { type: 'SUPER_ADMIN' })
      expect((await api(sandbox, 'GET', '/users/ann/roles')).body).toEqual([role.body])
      expect((await api(sandbox, 'GET', `/users/ann/roles/${idOf(role)}`)).body).toEqual(role.body)
      const first = await api(sandbox, 'GET', '/iam/assignees/users?limit=1')
      const { value, _links } = first.body as { value: { id: string }[]; _links: { next: { href: string } } }
      expect(value).toMatchObject([{ id: ann.id }])
      const second = await api(sandbox, 'GET', _links.next.href.replace(`${sandbox.url}/api/v1`, ''))
      expect(second.body).toMatchObject({ value: [{ id: bo.id }], _links: {} })
      expect((await api(sandbox, 'DELETE', `/users/ann/roles/${idOf(role)}`)).status).toBe(204)
      expect((await api(sandbox, 'GET', '/users/ann/roles')).body).toEqual([])
    })
  })

  it('are lost by deactivation', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await api(sandbox, 'POST', '/users/ann/roles', { type: 'ORG_ADMIN' })
      await act(sandbox, 'ann', 'deactivate')
      expect((await api(sandbox, 'GET', '/users/ann/roles')).body).toEqual([])
      expect((await api(sandbox, 'GET', '/iam/assignees/users')).body).toMatchObject({ value: [] })
      expect(sandbox.org.state()).not.toHaveProperty('roleAssignments')
    })
  })

  it('have a fixed id where they can be limited, whoever holds them', async () => {
    await withSandbox({ seed: orgOf([ann, bo]) }, async (sandbox) => {
      const idFor = async (user: string, type: string): Promise<string> =>
        idOf(await api(sandbox, 'POST', `/users/${user}/roles`, { type }))
      for (const user of ['ann', 'bo']) {
        expect(await idFor(user, 'USER_ADMIN')).toBe('KVJUKUS7IFCE2SKO')
        expect(await idFor(user, 'APP_ADMIN')).toBe('IFIFAX2BIRGUSTQ')
        expect(await idFor(user, 'HELP_DESK_ADMIN')).toBe('JBCUYUC7IRCVGS27IFCE2SKO')
      }
      const [one, other] = [await idFor('ann', 'SUPER_ADMIN'), await idFor('bo', 'SUPER_ADMIN')]
      expect([one, other]).toEqual([
        expect.stringMatching(/^ra1\w{17}$/),
        expect.stringMatching(/^ra1\w{17}$/),
      ])
      expect(one).not.toBe(other)
      const group = idOf(await api(sandbox, 'POST', '/groups', { profile: { name: 'One' } }))
      await api(sandbox, 'PUT', `/users/ann/roles/KVJUKUS7IFCE2SKO/targets/groups/${group}`)
      const targets = (user: string): Promise<Answer> =>
        api(sandbox, 'GET', `/users/${user}/roles/KVJUKUS7IFCE2SKO/targets/groups`)
      expect(idsOf(await targets('ann'))).toEqual([group])
      expect(idsOf(await targets('bo'))).toEqual([])
      const apps = await api(sandbox, 'GET', '/users/ann/roles/IFIFAX2BIRGUSTQ/targets/catalog/apps')
      expect(apps).toMatchObject({ status: 200, body: [] })
    })
  })

  it('are held through groups: shown of the user as such, and not in the list of assignees', async () => {
    await withSandbox({ seed: orgOf([ann, bo]) }, async (sandbox) => {
      const group = idOf(await api(sandbox, 'POST', '/groups', { profile: { name: 'Admins' } }))
      const place = `/groups/${group}/roles`
      const role = await api(sandbox, 'POST', place, { type: 'HELP_DESK_ADMIN' })
      expect(role).toMatchObject({ status: 201, body: { type: 'HELP_DESK_ADMIN', assignmentType: 'GROUP' } })
      expect(errorOf(await api(sandbox, 'POST', place, { type: 'HELP_DESK_ADMIN' }))).toBe('409 E0000090')
      await api(sandbox, 'PUT', `/groups/${group}/users/${ann.id}`)
      await api(sandbox, 'POST', '/users/ann/roles', { type: 'USER_ADMIN' })
      const types = async (where: string): Promise<unknown> =>
        ((await api(sandbox, 'GET', where)).body as { type: string; assignmentType: string }[]).map(
          ({ type, assignmentType }) => `${type} ${assignmentType}`,
        )
      expect(await types('/users/ann/roles')).toEqual(['USER_ADMIN USER', 'HELP_DESK_ADMIN GROUP'])
      expect(await types('/users/bo/roles')).toEqual([])
      expect(await types(place)).toEqual(['HELP_DESK_ADMIN GROUP'])
      expect((await api(sandbox, 'GET', `${place}/${idOf(role)}`)).body).toEqual(role.body)
      await api(sandbox, 'DELETE', '/users/ann/roles/KVJUKUS7IFCE2SKO')
      expect((await api(sandbox, 'GET', '/iam/assignees/users')).body).toMatchObject({ value: [] })
      const again = await startSandbox({ seed: sandbox.org.state() })
      expect((await api(again, 'GET', '/users/ann/roles')).body).toEqual([
        expect.objectContaining({ type: 'HELP_DESK_ADMIN', assignmentType: 'GROUP' }),
      ])
      await again.close()
      expect((await api(sandbox, 'DELETE', `${place}/${idOf(role)}`)).status).toBe(204)
      expect(await types('/users/ann/roles')).toEqual([])
    })
  })

  it('are limited to groups, as long as there are these', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const role = idOf(await api(sandbox, 'POST', '/users/ann/roles', { type: 'USER_ADMIN' }))
      const [one, two] = await Promise.all(
        ['One', 'Two'].map(async (name) =>
          idOf(await api(sandbox, 'POST', '/groups', { profile: { name } })),
        ),
      )
      const targets = `/users/ann/roles/${role}/targets/groups`
      for (const group of [one, two])
        expect((await api(sandbox, 'PUT', `${targets}/${group}`)).status).toBe(204)
      expect(idsOf(await api(sandbox, 'GET', targets))).toEqual([one, two])
      const again = await startSandbox({ seed: sandbox.org.state() })
      expect(idsOf(await api(again, 'GET', targets))).toEqual([one, two])
      await again.close()
      await api(sandbox, 'DELETE', `${targets}/${one}`)
      await api(sandbox, 'DELETE', `/groups/${two}`)
      expect((await api(sandbox, 'GET', targets)).body).toEqual([])
    })
  })
})

describe('groups', () => {
  it('are made, found, changed and deleted', async () => {
    await withSandbox({ seed: orgOf([]) }, async (sandbox) => {
      const made = await api(sandbox, 'POST', '/groups', { profile: { name: 'Board', description: 'Us' } })
      expect(made).toMatchObject({
        status: 200,
        body: {
          type: 'OKTA_GROUP',
          objectClass: ['okta:user_group'],
          profile: { name: 'Board', description: 'Us' },
        },
      })
      const place = `/groups/${idOf(made)}`
      expect((await api(sandbox, 'GET', place)).body).toEqual(made.body)
      expect(errorOf(await api(sandbox, 'POST', '/groups', { profile: { name: 'Board' } }))).toMatch(
        /already exists/,
      )
      expect(errorOf(await api(sandbox, 'POST', '/groups', {}))).toMatch(
        /name: The field cannot be left blank/,
      )
      expect(idsOf(await api(sandbox, 'GET', '/groups?q=bo'))).toEqual([idOf(made)])
      const search = encodeURIComponent('type eq "OKTA_GROUP" and profile.name sw "B"')
      expect(idsOf(await api(sandbox, 'GET', `/groups?search=${search}`))).toEqual([idOf(made)])
      expect(errorOf(await api(sandbox, 'GET', '/groups?filter=name'))).toBe('400 E0000031')
      const changed = await api(sandbox, 'PUT', place, { profile: { name: 'Council' } })
      expect(changed.body).toMatchObject({ profile: { name: 'Council', description: null } })
      expect((await api(sandbox, 'DELETE', place)).status).toBe(204)
      expect(errorOf(await api(sandbox, 'GET', place))).toBe('404 E0000007')
    })
  })

  it('have members, page by page, who leave with the user and the group', async () => {
    const users = ['a', 'b', 'c'].map((name) => userOf(`${name}@example.com`, 'ACTIVE'))
    await withSandbox({ seed: orgOf(users), transitions: { membership: 0 } }, async (sandbox) => {
      const board = idOf(await api(sandbox, 'POST', '/groups', { profile: { name: 'Board' } }))
      const member = {
        profile: { firstName: 'D', lastName: 'D', email: 'd@example.com', login: 'd@example.com' },
      }
      const created = idOf(await api(sandbox, 'POST', '/users', { ...member, groupIds: [board] }))
      for (const { id } of users) {
        expect((await api(sandbox, 'PUT', `/groups/${board}/users/${id}`)).status).toBe(204)
      }
      const first = await api(sandbox, 'GET', `/groups/${board}/users?limit=3`)
      expect(idsOf(first)).toEqual(users.map((user) => user.id))
      const next = [first.headers.link].flat()[1]?.match(/<.*\/api\/v1(.*)>/)?.[1]
      expect(idsOf(await api(sandbox, 'GET', next ?? ''))).toEqual([created])
      expect((await api(sandbox, 'GET', `/users/${created}/groups`)).body).toMatchObject([
        { type: 'BUILT_IN', profile: { name: 'Everyone' } },
        { id: board },
      ])
      await api(sandbox, 'DELETE', `/groups/${board}/users/${created}`)
      for (let time = 0; time < 2; time += 1) await api(sandbox, 'DELETE', `/users/${users[0]?.id}`)
      expect(idsOf(await api(sandbox, 'GET', `/groups/${board}/users`))).toEqual([users[1]?.id, users[2]?.id])
      const again = await startSandbox({ seed: sandbox.org.state() })
      expect(idsOf(await api(again, 'GET', `/groups/${board}/users`))).toEqual([users[1]?.id, users[2]?.id])
      await again.close()
      await api(sandbox, 'DELETE', `/groups/${board}`)
      expect((await read(sandbox, 'b')).status).toBe(200)
    })
  })

  it('list a new member three seconds late, though the user has the group at once', async () => {
    let now = Date.UTC(2026, 0, 2)
    await withSandbox({ seed: orgOf([ann, bo]), now: () => now }, async (sandbox) => {
      const board = idOf(await api(sandbox, 'POST', '/groups', { profile: { name: 'Board' } }))
      const listed = async (): Promise<string[]> => idsOf(await api(sandbox, 'GET', `/groups/${board}/users`))
      await api(sandbox, 'PUT', `/groups/${board}/users/${ann.id}`)
      expect(idsOf(await api(sandbox, 'GET', '/users/ann/groups'))).toContain(board)
      now += 1000
      await api(sandbox, 'PUT', `/groups/${board}/users/${bo.id}`)
      // Once more changes nothing, and does not begin the wait again.
      await api(sandbox, 'PUT', `/groups/${board}/users/${ann.id}`)
      now += 1999
      expect(await listed()).toEqual([])
      now += 1
      expect(await listed()).toEqual([ann.id])
      now += 1000
      expect(await listed()).toEqual([ann.id, bo.id])
      await api(sandbox, 'DELETE', `/groups/${board}/users/${ann.id}`)
      expect(await listed()).toEqual([bo.id])
      const everyone = idsOf(await api(sandbox, 'GET', '/groups'))[0]
      expect(idsOf(await api(sandbox, 'GET', `/groups/${everyone}/users`))).toEqual([ann.id, bo.id])
    })
  })

  it('leave Everyone as it is', async () => {
    await withSandbox({ seed: orgOf([ann, bo]) }, async (sandbox) => {
      const [everyone] = idsOf(await api(sandbox, 'GET', '/groups'))
      expect(idsOf(await api(sandbox, 'GET', `/groups/${everyone}/users`))).toEqual([ann.id, bo.id])
      const changes = [
        api(sandbox, 'DELETE', `/groups/${everyone}`),
        api(sandbox, 'PUT', `/groups/${everyone}`, { profile: { name: 'All' } }),
        api(sandbox, 'DELETE', `/groups/${everyone}/users/${ann.id}`),
      ]
      expect((await Promise.all(changes)).map(errorOf)).toEqual(Array(3).fill('501 E0000060'))
    })
  })

  it('count in two buckets of their own: all of them, and one', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const remaining = async (path: string): Promise<unknown> =>
        (await api(sandbox, 'GET', path)).headers['x-rate-limit-remaining']
      const [everyone] = idsOf(await api(sandbox, 'GET', '/groups'))
      expect(await remaining('/groups')).toBe('598')
      expect(await remaining(`/groups/${everyone}`)).toBe('599')
      expect(await remaining(`/groups/${everyone}/users`)).toBe('598')
      expect(await remaining('/iam/assignees/users')).toBe('599')
      expect((await api(sandbox, 'GET', '/users/ann/groups')).headers['x-rate-limit-remaining']).toBe('299')
    })
  })
})
