import type { Action } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { bucketOf, legal, lifecycle, mailsBy, refusals, target } from './org-rules.ts'
import { groupId, type Scenario } from './scenario.ts'

/** A user of the simulated org. Times are epoch ms by the org's clock. */
export interface SimUser {
  readonly id: string
  readonly login: string
  status: UserStatus
  statusChanged: number | null
  transition: { readonly to: UserStatus; readonly until: number } | null
  factors: number[]
  /** Whether the first factor outlives every reset. */
  readonly keepsFactor?: boolean
  /** Whether the user has an admin role, and whether through a group. */
  readonly role?: 'own' | 'through_group' | null
}

/** Whose call it was: a task of ours, or somebody else. */
export interface Caller {
  readonly run: string
  readonly row: number
  readonly step: number
  readonly attempt: number
  /** The number of the process that sent it. */
  readonly pid: number
}

/** A change that the org has made. */
export interface Applied {
  readonly user: string
  readonly action: Action | 'enrol'
  /** Virtual ms. */
  readonly at: number
  /** Null for somebody else's. */
  readonly by: Caller | null
  /** When the answer reached its process; null if it never did. */
  answeredAt: number | null
  /** Whether Okta sent a mail, and the token of the activation link in its answer. */
  readonly mailed: boolean
  readonly token: string | null
  readonly before: UserStatus
  readonly after: UserStatus
  /** Whether the org accepted it although the user is where it was. */
  readonly hollow: boolean
}

/** An answer of the org, before the network has had its way with it. */
export interface OrgAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One rate-limit counter. Its window opens with its first request. */
interface Counter {
  reset: number
  used: number
}

export interface OrgSettings {
  /** What is added to virtual time to get the org's clock. */
  readonly clockMs: number
  readonly untold: Scenario['untold']
  readonly limits: { readonly lifecycle: number; readonly reads: number }
  readonly concurrency: number
  readonly owner: string
}

/** How a change is made: in the background, after so many ms; with a mail to the user. */
interface How {
  readonly async: number
  readonly mails: boolean
}

/** Requests of ours in one window of a counter. */
export interface WindowUse {
  readonly bucket: string
  readonly limit: number
  readonly reset: number
  /** By run. A retry settles the old run and carries out the new one, so it stands for itself. */
  readonly ours: Map<string, number>
}

const windowMs = 60_000

/** An org that behaves as okta-facts say and records what it really applied. */
export class Org {
  readonly users = new Map<string, SimUser>()
  /** Members of the org's one group, by id. */
  members: readonly string[] = []
  readonly applied: Applied[] = []
  readonly windows: WindowUse[] = []
  readonly #settings: OrgSettings
  readonly #now: () => number
  readonly #counters = new Map<string, Counter>()
  #requests = 0
  busy = 0
  forbids: (user: string, what: 'read' | 'send' | 'owner') => boolean = () => false
  /** Whether the next deactivation of ours holds. */
  holds: () => boolean = () => true
  onApplied: (applied: Applied) => void = () => {}

  /** @param now virtual ms */
  constructor(settings: OrgSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  /** Epoch ms by the org's clock. */
  get time(): number {
    return this.#now() + this.#settings.clockMs
  }

  add(user: SimUser): void {
    this.users.set(user.id, user)
  }

  /** The user that a key names: an id, a login, or a short name that only one login has. */
  find(key: string): SimUser | null {
    const byId = this.users.get(key)
    if (byId !== undefined) return byId
    const folded = key.toLowerCase()
    const found = [...this.users.values()].filter(
      ({ login }) => login === folded || login.startsWith(`${folded}@`),
    )
    return found.length === 1 ? (found[0] ?? null) : null
  }

  /**
   * Counts a request and answers it. `caller` is whose lifecycle call it is; null for reads. A request with a token that is
   * refused counts as well.
   */
  answer(
    method: string,
    path: string,
    async: number,
    caller: Caller | null,
    whose: string | null,
    isRefused: boolean,
  ): OrgAnswer {
    const [plain = '', query = ''] = path.split('?')
    const [, , , , key = '', , action] = plain.split('/')
    const isFactors = plain.endsWith('/factors')
    const bucket = bucketOf(method, path)
    const counted = this.#count(bucket, whose)
    if (!counted.allowed) return this.#say(429, errorBody('E0000047'), counted.headers)
    if (this.busy > this.#settings.concurrency) {
      // The reset is that of no window: Okta's documents show one that is 113 s ahead.
      const reset = String(Math.floor(this.time / 1000) + 113)
      const none = { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset }
      return this.#say(429, errorBody('E0000047'), none)
    }
    const say = (status: number, body: string): OrgAnswer => this.#say(status, body, counted.headers)
    if (isRefused) return say(401, errorBody('E0000011'))
    const listed = this.#list(plain)
    if (listed !== null) return say(200, JSON.stringify(listed))
    if (key === 'me' && this.forbids(this.#settings.owner, 'owner')) return say(403, errorBody('E0000006'))
    if (key === 'me') return say(200, this.#show(this.#user(this.#settings.owner)))
    const user = this.find(decodeURIComponent(key))
    if (user === null) return say(404, errorBody('E0000007'))
    this.#ripen(user)
    const what = method === 'POST' ? 'send' : 'read'
    if (this.forbids(user.id, what)) return say(403, errorBody('E0000006'))
    if (isFactors) return say(200, JSON.stringify(user.factors.map((time) => ({ created: secondsOf(time) }))))
    if (plain.endsWith('/roles')) return say(200, JSON.stringify(rolesOf(user)))
    if (method === 'GET') return say(200, this.#show(user))
    const how = { async, mails: mailsBy(action as Action, query) }
    return this.#act(user, action as Action, how, caller, say)
  }

  /** Refuses a call because others have used up the counter of the whole org, which no header shows. */
  refusal(bucket: string): OrgAnswer {
    return this.#say(429, errorBody('E0000047'), this.#count(bucket, null).headers)
  }

  /** Somebody else's call. Nothing happens where the status forbids it. */
  byOthers(id: string, action: Action | 'enrol'): void {
    const user = this.#user(id)
    this.#ripen(user)
    if (action === 'enrol') {
      user.factors.push(this.time)
      this.#record(user, 'enrol', null, user.status)
      return
    }
    if (legal[action]?.includes(user.status) === false) return
    this.#change(user, action, { async: 0, mails: false }, null)
  }

  /** Gives a user's login to somebody else. The user keeps another one. */
  giveLogin(from: string, to: string): void {
    const [giver, taker] = [this.#user(from), this.#user(to)]
    this.users.set(taker.id, Object.assign(taker, { login: giver.login }))
    Object.assign(giver, { login: `was-${giver.login}` })
  }

  /** Uses up some of the counters in somebody else's name. */
  useByOthers(count: number): void {
    for (const bucket of [lifecycle, bucketOf('GET', '')])
      for (let i = 0; i < count; i++) this.#count(bucket, null)
  }

  /** The lists that guards read; null for every other path. Roles held through groups are not in the first one. */
  #list(path: string): object | null {
    const users = [...this.users.values()]
    // A plan asks for one user, to learn the limit.
    if (path === lifecycle) return users.slice(0, 1).map(({ id }) => ({ id }))
    if (path === '/api/v1/iam/assignees/users')
      return { value: users.filter(({ role }) => role === 'own').map(({ id }) => ({ id })), _links: {} }
    if (path === `/api/v1/groups/${groupId}/users`) return this.members.map((id) => ({ id }))
    return path === `/api/v1/groups/${groupId}` ? { id: groupId, profile: { name: 'Board' } } : null
  }

  #act(
    user: SimUser,
    action: Action,
    how: How,
    caller: Caller | null,
    say: (status: number, body: string) => OrgAnswer,
  ): OrgAnswer {
    if (user.transition !== null) return say(409, errorBody('E0000112'))
    if (legal[action]?.includes(user.status) === false) {
      const [status, code] = refusals[action]
      return say(status, errorBody(code))
    }
    const { token } = this.#change(user, action, how, caller)
    return say(200, token === null ? '{}' : linkBody(token))
  }

  #change(user: SimUser, action: Action, { async, mails }: How, by: Caller | null): Applied {
    const before = user.status
    const to = target[action]
    const hollow = action === 'deactivate' && by !== null && !this.holds()
    if (action === 'reset_factors') user.factors = user.keepsFactor ? user.factors.slice(0, 1) : []
    // It went and came back.
    if (hollow) user.statusChanged = this.time
    else if (to !== null && async > 0) user.transition = { to, until: this.time + async }
    else if (to !== null) Object.assign(user, { status: to, statusChanged: this.time })
    return this.#record(user, action, by, before, { mailed: mails, hollow })
  }

  #record(
    user: SimUser,
    action: Applied['action'],
    by: Caller | null,
    before: UserStatus,
    { mailed = false, hollow = false }: { readonly mailed?: boolean; readonly hollow?: boolean } = {},
  ): Applied {
    const linked = !mailed && (action === 'activate' || action === 'reactivate')
    const applied: Applied = {
      user: user.id,
      action,
      at: this.#now(),
      by,
      answeredAt: null,
      mailed,
      token: linked ? `token${this.applied.length}` : null,
      before,
      after: user.status,
      hollow,
    }
    this.applied.push(applied)
    this.onApplied(applied)
    return applied
  }

  #ripen(user: SimUser): void {
    if (user.transition === null || user.transition.until > this.time) return
    Object.assign(user, {
      status: user.transition.to,
      statusChanged: user.transition.until,
      transition: null,
    })
  }

  #user(id: string): SimUser {
    const user = this.users.get(id)
    if (user === undefined) throw new Error(`The org has no user ${id}.`)
    return user
  }

  #show(user: SimUser): string {
    return JSON.stringify({
      id: user.id,
      status: user.status,
      statusChanged: user.statusChanged === null ? null : secondsOf(user.statusChanged),
      ...(user.transition === null ? {} : { transitioningToStatus: user.transition.to }),
      profile: { login: user.login },
    })
  }

  /** @param whose null for somebody else */
  #count(bucket: string, whose: string | null): { allowed: boolean; headers: Record<string, string> } {
    const limit = bucket === lifecycle ? this.#settings.limits.lifecycle : this.#settings.limits.reads
    const second = Math.floor(this.time / 1000)
    let counter = this.#counters.get(bucket)
    // The second that the reset names still belongs to the window.
    if (counter === undefined || second > counter.reset) {
      counter = { reset: second + windowMs / 1000, used: 0 }
      this.#counters.set(bucket, counter)
    }
    const allowed = counter.used < limit
    if (allowed) counter.used++
    if (whose !== null) {
      const { reset } = counter
      let use = this.windows.find((other) => other.bucket === bucket && other.reset === reset)
      if (use === undefined) {
        use = { bucket, limit, reset, ours: new Map() }
        this.windows.push(use)
      }
      use.ours.set(whose, (use.ours.get(whose) ?? 0) + 1)
    }
    return {
      allowed,
      headers: {
        'x-rate-limit-limit': String(limit),
        'x-rate-limit-remaining': String(limit - counter.used),
        'x-rate-limit-reset': String(counter.reset),
      },
    }
  }

  #say(status: number, body: string, headers: Readonly<Record<string, string>>): OrgAnswer {
    const ours = {
      date: new Date(Math.floor(this.time / 1000) * 1000).toUTCString(),
      'content-type': 'application/json',
      'x-okta-request-id': `req${++this.#requests}`,
    }
    const { untold } = this.#settings
    const all = { ...ours, ...headers }
    if (untold === null || this.#requests > untold.answers) return { status, body, headers: all }
    const kept = Object.entries(all).filter(
      ([name]) => name !== 'date' && !(untold.limitsToo && name.startsWith('x-rate-limit')),
    )
    return { status, body, headers: Object.fromEntries(kept) }
  }
}

function rolesOf({ role = null }: SimUser): readonly object[] {
  if (role === null) return []
  const assignmentType = role === 'own' ? 'USER' : 'GROUP'
  return [{ id: 'ra1', label: 'Administrator', type: 'ORG_ADMIN', status: 'ACTIVE', assignmentType }]
}

function linkBody(token: string): string {
  return JSON.stringify({ activationUrl: `https://org.example.com/welcome/${token}`, activationToken: token })
}

export function errorBody(code: string): string {
  return JSON.stringify({
    errorCode: code,
    errorSummary: 'No.',
    errorLink: code,
    errorId: 'e',
    errorCauses: [],
  })
}

function secondsOf(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString()
}
