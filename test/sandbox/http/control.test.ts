import { describe, expect, it } from 'vitest'
import { parseOrgState } from '../../../src/sandbox/org/org-state.ts'
import { generateOrg } from '../../../src/sandbox/seed/generate-users.ts'
import { act, api, errorOf, orgOf, read, userOf, withSandbox } from '../with-sandbox.ts'

const ann = userOf('ann@example.com', 'ACTIVE')
const bo = userOf('bo@example.com', 'ACTIVE')

describe('faults on order', () => {
  it('hit the next call of a user, whatever key names the user, and no other', async () => {
    await withSandbox({ seed: orgOf([ann, bo]) }, async (sandbox) => {
      await api(sandbox, 'POST', '/sandbox/faults', { fault: 'error_after', user: 'ANN@example.com' })
      expect((await read(sandbox, ann.id)).status).toBe(200)
      expect((await act(sandbox, bo.id, 'suspend')).status).toBe(200)
      expect(errorOf(await act(sandbox, ann.id, 'suspend'))).toBe('500 E0000009')
      expect(sandbox.org.find('ann')?.status).toBe('SUSPENDED')
      expect((await act(sandbox, 'ann', 'unsuspend')).status).toBe(200)
      const { body } = await api(sandbox, 'GET', '/sandbox/faults')
      expect(body).toMatchObject({ faults: [{ fault: 'error_after', left: 0, hits: 1 }] })
    })
  })

  it('come in order, after as many calls as they let pass, for as many as they say', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      const faults = [
        { fault: 'read_only', action: 'suspend', times: 2 },
        { fault: 'forbidden', after: 1 },
      ]
      await api(sandbox, 'POST', '/sandbox/faults', { faults })
      const calls = ['reset_factors', 'suspend', 'suspend', 'suspend', 'unsuspend']
      const ends: string[] = []
      for (const action of calls) {
        const answer = await act(sandbox, 'ann', action)
        ends.push(answer.status === 200 ? 'done' : errorOf(answer))
      }
      expect(ends).toEqual([
        'done',
        '503 E0000010',
        '503 E0000010',
        '403 E0000006',
        '400 E0000001 | Cannot unsuspend a user that is not suspended',
      ])
    })
  })

  it('make the org read only until they are taken back', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await api(sandbox, 'POST', '/sandbox/faults', { fault: 'read_only', on: 'writes', times: null })
      for (let time = 0; time < 3; time += 1) {
        expect(errorOf(await act(sandbox, 'ann', 'suspend'))).toBe('503 E0000010')
        expect(errorOf(await api(sandbox, 'DELETE', '/users/ann'))).toBe('503 E0000010')
        expect((await read(sandbox, 'ann')).status).toBe(200)
      }
      await api(sandbox, 'DELETE', '/sandbox/faults')
      expect((await act(sandbox, 'ann', 'suspend')).status).toBe(200)
    })
  })

  it('revoke the token for all calls, counted as any 401 is', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await api(sandbox, 'POST', '/sandbox/faults', { fault: 'revoked_token', on: 'all', times: null })
      expect(errorOf(await read(sandbox, 'ann'))).toBe('401 E0000011')
      const refused = await act(sandbox, 'ann', 'suspend')
      expect(errorOf(refused)).toBe('401 E0000011')
      expect(refused.headers['x-rate-limit-remaining']).toBe('299')
    })
  })

  it('show the limit on concurrency as it is', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await api(sandbox, 'POST', '/sandbox/faults', { fault: 'too_many_at_once' })
      const { status, headers } = await act(sandbox, 'ann', 'suspend')
      expect(status).toBe(429)
      expect(headers).toMatchObject({ 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' })
      const ahead = Number(headers['x-rate-limit-reset']) - Date.parse(String(headers.date)) / 1000
      expect(ahead).toBe(113)
    })
  })

  it.each([
    [{ fault: 'flood' }, 'fault'],
    [{ fault: 'drop_after', times: 0 }, 'times'],
    [{ fault: 'drop_after', users: 'ann' }, 'users'],
    [{ faults: [] }, 'faults'],
    ['no object', ''],
  ])('refuses %j', async (order, where) => {
    await withSandbox({ seed: orgOf([]) }, async (sandbox) => {
      const { status, body } = await api(sandbox, 'POST', '/sandbox/faults', order)
      expect(status).toBe(400)
      expect((body as { error: string }).error).toContain(where)
      expect((await api(sandbox, 'GET', '/sandbox/faults')).body).toEqual({ faults: [] })
    })
  })
})

describe('the door', () => {
  it('tells what there is', async () => {
    await withSandbox(
      { seed: orgOf([ann, userOf('gone@example.com', 'DEPROVISIONED')]) },
      async (sandbox) => {
        const { body } = await api(sandbox, 'GET', '/sandbox')
        expect(body).toMatchObject({ users: 2, statuses: { ACTIVE: 1, DEPROVISIONED: 1, STAGED: 0 } })
        expect(Object.keys((body as { paths: object }).paths)).toContain('POST /sandbox/faults')
      },
    )
  })

  it('puts a user where only the user could go', async () => {
    const now = Date.UTC(2026, 0, 2)
    await withSandbox({ seed: orgOf([ann]), now: () => now }, async (sandbox) => {
      const locked = await api(sandbox, 'POST', '/sandbox/users/ann', { status: 'LOCKED_OUT' })
      expect(locked).toMatchObject({ status: 200, body: { id: ann.id, status: 'LOCKED_OUT' } })
      const shown = { status: 'LOCKED_OUT', statusChanged: '2026-01-02T00:00:00.000Z' }
      expect((await read(sandbox, 'ann')).body).toMatchObject(shown)
      expect((await act(sandbox, 'ann', 'unlock')).status).toBe(200)
      await api(sandbox, 'POST', '/sandbox/users/ann', { blockedFromUnknownDevices: true })
      expect((await act(sandbox, 'ann', 'unlock')).status).toBe(200)
      expect(errorOf(await act(sandbox, 'ann', 'unlock'))).toMatch(/^403 E0000032/)
      expect((await api(sandbox, 'POST', '/sandbox/users/nobody', {})).status).toBe(404)
      expect((await api(sandbox, 'POST', '/sandbox/users/ann', { status: 'LOST' })).status).toBe(400)
    })
  })

  it('gives the whole org in parts that make one seed', async () => {
    const seed = { ...generateOrg({ count: 2000, now: Date.UTC(2026, 0, 2) }), tokens: orgOf([]).tokens }
    await withSandbox({ seed }, async (sandbox) => {
      const { body } = await api(sandbox, 'GET', '/sandbox/state')
      expect(parseOrgState(JSON.stringify(body), 'state')).toEqual(seed)
    })
  })

  it('shows the counters without showing a token', async () => {
    await withSandbox({ seed: orgOf([ann]) }, async (sandbox) => {
      await act(sandbox, 'ann', 'suspend')
      const { body } = await api(sandbox, 'GET', '/sandbox/limits')
      expect(body).toMatchObject({
        limits: { clientPercent: 50, windowSeconds: 60 },
        counters: [
          { bucket: '/api/v1/users', client: 'org', limit: 600, used: 1 },
          { bucket: '/api/v1/users', client: '…oken', limit: 300, used: 1 },
        ],
      })
    })
  })
})
