import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Action, actionNames } from '../../../src/okta/actions.ts'
import { type UserStatus, userStatuses } from '../../../src/okta/status.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { cases } from '../../support/cases.ts'
import { api, errorOf, orgOf, withSandbox } from '../with-sandbox.ts'

/** What a test knows of one user. */
interface ModelUser {
  readonly id: string
  status: UserStatus
  /** Where the user was when suspended. */
  before: UserStatus
  hasPassword: boolean
  statusChanged: string | null
  factors: number
  applied: number
}

interface Model {
  readonly users: (ModelUser | null)[]
  created: number
}

/** The sandbox and its clock, which goes on by a second with each call. */
interface Real {
  readonly sandbox: Sandbox
  tick(): string
}

type Move = (user: ModelUser) => UserStatus | `${number} E${string}`

const suspendable: readonly UserStatus[] = ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED']

/** Okta's diagram of the user's statuses, in words of this test: where a call leads, or how it is refused. */
const machine: Readonly<Record<Action, Move>> = {
  activate: ({ status, hasPassword }) => {
    if (status === 'DEPROVISIONED') return 'PROVISIONED'
    if (status !== 'STAGED') return '403 E0000016'
    return hasPassword ? 'ACTIVE' : 'PROVISIONED'
  },
  deactivate: ({ status }) => (status === 'DEPROVISIONED' ? '404 E0000007' : 'DEPROVISIONED'),
  reactivate: ({ status }) => (status === 'PROVISIONED' || status === 'RECOVERY' ? status : '403 E0000038'),
  reset_factors: ({ status }) => status,
  suspend: ({ status }) => (suspendable.includes(status) ? 'SUSPENDED' : '400 E0000001'),
  unlock: ({ status }) => (status === 'LOCKED_OUT' ? 'ACTIVE' : '403 E0000032'),
  unsuspend: ({ status, before }) => (status === 'SUSPENDED' ? before : '400 E0000001'),
}

const expirable: readonly UserStatus[] = ['ACTIVE', 'PASSWORD_EXPIRED', 'RECOVERY']
const resettable: readonly UserStatus[] = [
  'PROVISIONED',
  'ACTIVE',
  'RECOVERY',
  'PASSWORD_EXPIRED',
  'LOCKED_OUT',
]

function move(user: ModelUser, status: UserStatus, at: string): void {
  if (user.status !== status) user.statusChanged = at
  if (status === 'SUSPENDED' && user.status !== status) user.before = user.status
  user.status = status
  if (status === 'DEPROVISIONED') user.hasPassword = false
}

/** Everything that the API shows of all users is what the model says. */
async function compare(model: Model, { sandbox }: Real): Promise<void> {
  for (const user of model.users) {
    if (user === null) continue
    const { body } = await api(sandbox, 'GET', `/users/${user.id}`)
    const { status, statusChanged } = user
    expect(body).toMatchObject({ id: user.id, status, statusChanged })
    expect((body as { passwordChanged: string | null }).passwordChanged !== null).toBe(user.hasPassword)
    expect((await api(sandbox, 'GET', `/users/${user.id}/factors`)).body).toHaveLength(user.factors)
    const applied = Object.values(sandbox.org.applied.get(user.id) ?? {})
    expect(applied.reduce((sum, count) => sum + count, 0)).toBe(user.applied)
  }
  const there = model.users.filter((user) => user !== null)
  expect(sandbox.org.size).toBe(there.length)
  const shown = ((await api(sandbox, 'GET', '/users')).body as { id: string }[]).map(({ id }) => id)
  expect(shown).toEqual(there.filter((user) => user.status !== 'DEPROVISIONED').map(({ id }) => id))
}

type Step = fc.AsyncCommand<Model, Real>

class CreateUser implements Step {
  readonly #hasPassword: boolean
  readonly #activate: boolean

  constructor(hasPassword: boolean, activate: boolean) {
    this.#hasPassword = hasPassword
    this.#activate = activate
  }

  // Few users, so that each comes far.
  check(model: Readonly<Model>): boolean {
    return model.users.filter((user) => user !== null).length < 3
  }

  async run(model: Model, real: Real): Promise<void> {
    const at = real.tick()
    model.created += 1
    const login = `user${model.created}@example.com`
    const body = {
      profile: { login, email: login, firstName: 'Ann', lastName: 'Lee' },
      ...(this.#hasPassword ? { credentials: { password: { value: 'Abcd1234' } } } : {}),
    }
    const answer = await api(real.sandbox, 'POST', `/users?activate=${this.#activate}`, body)
    expect(answer.status).toBe(200)
    const status = !this.#activate ? 'STAGED' : this.#hasPassword ? 'ACTIVE' : 'PROVISIONED'
    model.users.push({
      id: (answer.body as { id: string }).id,
      status,
      before: 'ACTIVE',
      hasPassword: this.#hasPassword,
      statusChanged: status === 'STAGED' && !this.#hasPassword ? null : at,
      factors: 0,
      applied: 0,
    })
    await compare(model, real)
  }

  toString(): string {
    return `create(${this.#hasPassword ? 'password' : 'no password'}, activate=${this.#activate})`
  }
}

/** A call on one of the users that are there. */
class Call implements Step {
  readonly #pick: number
  readonly #name: string
  readonly #run: (user: ModelUser, real: Real, at: string) => Promise<'kept' | 'removed'>

  constructor(
    pick: number,
    name: string,
    run: (user: ModelUser, real: Real, at: string) => Promise<'kept' | 'removed'>,
  ) {
    this.#pick = pick
    this.#name = name
    this.#run = run
  }

  check(model: Readonly<Model>): boolean {
    return model.users.some((user) => user !== null)
  }

  async run(model: Model, real: Real): Promise<void> {
    const there = model.users.flatMap((user, index) => (user === null ? [] : [{ user, index }]))
    const chosen = there[this.#pick % there.length]
    if (chosen === undefined) return
    const outcome = await this.#run(chosen.user, real, real.tick())
    if (outcome === 'removed') model.users[chosen.index] = null
    await compare(model, real)
  }

  toString(): string {
    return `${this.#name}(${this.#pick})`
  }
}

function lifecycle(pick: number, action: Action): Step {
  return new Call(pick, action, async (user, { sandbox }, at) => {
    const expected = machine[action](user)
    const answer = await api(sandbox, 'POST', `/users/${user.id}/lifecycle/${action}`)
    if (answer.status !== 200) {
      expect(errorOf(answer).split(' | ')[0]).toBe(expected)
      return 'kept'
    }
    expect(userStatuses).toContain(expected)
    move(user, expected as UserStatus, at)
    user.applied += 1
    if (action === 'reset_factors') user.factors = 0
    return 'kept'
  })
}

function passwordCall(pick: number, name: string, from: readonly UserStatus[], to: UserStatus): Step {
  return new Call(pick, name, async (user, { sandbox }, at) => {
    const answer = await api(sandbox, 'POST', `/users/${user.id}/lifecycle/${name}`)
    expect(answer.status).toBe(from.includes(user.status) ? 200 : 403)
    if (answer.status === 200) move(user, to, at)
    return 'kept'
  })
}

function enroll(pick: number): Step {
  return new Call(pick, 'enroll', async (user, { sandbox }) => {
    const answer = await api(sandbox, 'POST', `/users/${user.id}/factors`, { factorType: 'push' })
    const expected = user.status === 'DEPROVISIONED' ? 403 : user.factors > 0 ? 400 : 200
    expect(answer.status).toBe(expected)
    if (expected === 200) user.factors += 1
    return 'kept'
  })
}

function deleteUser(pick: number): Step {
  return new Call(pick, 'delete', async (user, { sandbox }, at) => {
    expect((await api(sandbox, 'DELETE', `/users/${user.id}`)).status).toBe(204)
    if (user.status === 'DEPROVISIONED') {
      expect((await api(sandbox, 'GET', `/users/${user.id}`)).status).toBe(404)
      return 'removed'
    }
    move(user, 'DEPROVISIONED', at)
    user.applied += 1
    return 'kept'
  })
}

// What no call of the API does: the user is locked out, or chooses a password.
function lock(pick: number): Step {
  return new Call(pick, 'lock', async (user, { sandbox }, at) => {
    if (user.status !== 'ACTIVE') return 'kept'
    await api(sandbox, 'POST', `/sandbox/users/${user.id}`, { status: 'LOCKED_OUT' })
    move(user, 'LOCKED_OUT', at)
    return 'kept'
  })
}

const pick = fc.nat({ max: 2 })
const steps: fc.Arbitrary<Step>[] = [
  fc.tuple(fc.boolean(), fc.boolean()).map(([password, activate]) => new CreateUser(password, activate)),
  ...actionNames.map((action) => pick.map((number) => lifecycle(number, action))),
  pick.map((number) => passwordCall(number, 'expire_password', expirable, 'PASSWORD_EXPIRED')),
  pick.map((number) => passwordCall(number, 'reset_password', resettable, 'RECOVERY')),
  pick.map(enroll),
  pick.map(deleteUser),
  pick.map(lock),
]

it('walks users through Okta’s diagram of statuses and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: 'max' }), async (commands) => {
      let now = Date.UTC(2026, 0, 2)
      await withSandbox({ seed: orgOf([]), now: () => now, limits: null }, async (sandbox) => {
        const tick = (): string => {
          now += 1000
          return new Date(now).toISOString()
        }
        const setup = { model: { users: [], created: 0 } as Model, real: { sandbox, tick } }
        await fc.asyncModelRun(() => setup, commands)
      })
    }),
    { numRuns: cases(20) },
  )
  // Some ten thousand requests: a busy machine takes its time.
}, 120_000)
