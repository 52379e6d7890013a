import { describe, expect, it } from 'vitest'
import { KnownError } from '../../../src/messages/known-error.ts'
import { parseOrgState } from '../../../src/sandbox/org/org-state.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { generateOrg } from '../../../src/sandbox/seed/generate-users.ts'
import { act, orgOf, read, send, userOf, withSandbox } from '../with-sandbox.ts'

const now = Date.UTC(2026, 5, 1)

describe('the state of an org', () => {
  it('comes back from its JSON as it was, and the org goes on from there', async () => {
    let clock = now
    const seed = { ...generateOrg({ count: 24, now }), tokens: orgOf([]).tokens }
    const options = { now: () => clock, transitions: { deactivate: 60_000 } }
    const first = await startSandbox({ ...options, seed })
    const [one, two] = [...first.org.users()]
      .filter((user) => user.status === 'ACTIVE')
      .map((user) => user.id)
    await act(first, one ?? '', 'suspend')
    await act(first, two ?? '', 'deactivate', { prefer: 'respond-async' })
    const text = JSON.stringify((await send(`${first.url}/sandbox/state`, 'GET')).body)
    const saved = parseOrgState(text, 'state.json')
    expect(saved).toEqual(first.org.state())
    await first.close()
    clock += 60_000
    await withSandbox({ ...options, seed: saved }, async (second) => {
      const suspended = { status: 'SUSPENDED', statusChanged: '2026-06-01T00:00:00.000Z' }
      expect((await read(second, one ?? '')).body).toMatchObject(suspended)
      const gone = { status: 'DEPROVISIONED', statusChanged: '2026-06-01T00:01:00.000Z' }
      expect((await read(second, two ?? '')).body).toMatchObject(gone)
      expect(second.org.applied.get(one ?? '')).toEqual({ suspend: 1 })
      expect(second.org.calls).toEqual(first.org.calls)
    })
  })
})

describe('parseOrgState', () => {
  it('needs no more of a user than status and login', () => {
    const text = '{"version":1,"users":[{"status":"STAGED","profile":{"login":"ann@example.com"}}]}'
    const { users, tokens } = parseOrgState(text, 'seed.json')
    expect(users).toMatchObject([
      {
        id: expect.stringMatching(/^00u[A-Za-z0-9]{17}$/),
        passwordChanged: null,
        profile: { email: 'ann@example.com' },
      },
    ])
    expect(tokens).toEqual([{ value: 'sandbox-token', owner: null }])
  })

  it.each([
    ['{', 'seed.json is not JSON'],
    ['[]', 'the whole'],
    ['{"version":2,"users":[]}', 'version'],
    ['{"version":1,"users":[{"status":"GONE","profile":{"login":"a"}}]}', 'users.0.status'],
    ['{"version":1,"users":[{"status":"ACTIVE","profile":{}}]}', 'users.0.profile.login'],
    ['{"version":1,"users":[{"id":"00u1","status":"ACTIVE","profile":{"login":"a"}}]}', 'users.0.id'],
  ])('says where %s is wrong', (text, where) => {
    expect(() => parseOrgState(text, 'seed.json')).toThrow(KnownError)
    expect(() => parseOrgState(text, 'seed.json')).toThrow(where)
  })
})

describe('an org that contradicts itself', () => {
  it('is refused: a token whose owner is not there', async () => {
    const seed = orgOf([], userOf('ann@example.com', 'ACTIVE'))
    await expect(startSandbox({ seed })).rejects.toThrow(/A token belongs to 00u/)
  })
})
