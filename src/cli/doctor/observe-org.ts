import type { Answer } from '../../okta/answer.ts'
import type { OktaClient } from '../../okta/client.ts'
import type { OktaClock } from '../../okta/clock.ts'
import { parseListPage } from '../../okta/list-page.ts'
import type { OktaRequest } from '../../okta/request.ts'
import type { AdminProtection } from '../../rules/guards.ts'

/** What the job's guards need to know about the org. */
export interface GuardWants {
  /** What administrators are protected from; for `every_action`, each user's own roles are needed. */
  readonly admins: AdminProtection
  readonly groups: readonly string[]
  /** Ids, logins and short names, without patterns. */
  readonly users: readonly string[]
}

/** What the org answered. Null: it was not asked, because it was not needed or an earlier answer made it useless. */
export interface OrgObservation {
  readonly owner: Answer
  readonly list: Answer | null
  readonly user: Answer | null
  /** Who has a role of their own. */
  readonly assignees: Answer | null
  /** The roles of one user, including those held through groups. */
  readonly roles: Answer | null
  readonly groups: readonly (readonly [id: string, answer: Answer])[]
  readonly users: readonly (readonly [entry: string, answer: Answer])[]
  /** How far this machine's clock is behind Okta's, in ms; null if Okta's is not known. */
  readonly machineBehindMs: number | null
}

/** At most this many entries are looked up: doctor must not use up the limit. */
const mostLookedUp = 50

function get(path: string): OktaRequest {
  return { method: 'GET', path: `/api/v1${path}`, bucket: '/api/v1/users', headers: {} }
}

/** Asks the org, one read after the other; sends no lifecycle call. */
export async function observeOrg(
  client: OktaClient,
  clock: OktaClock,
  wants: GuardWants,
): Promise<OrgObservation> {
  const ask = (path: string): Promise<Answer> => client.send(get(path))
  const owner = await ask('/users/me')
  const goesOn =
    owner.kind === 'answered' &&
    owner.httpStatus !== 401 &&
    (owner.httpStatus < 300 || owner.httpStatus >= 400)
  const nothing = { list: null, user: null, assignees: null, roles: null, groups: [], users: [] }
  if (!goesOn) return { owner, ...nothing, machineBehindMs: clock.machineBehindMs }
  const list = await ask('/users?limit=1')
  const first = firstIdIn(list)
  const user = first === null ? null : await ask(`/users/${encodeURIComponent(first)}`)
  const assignees = wants.admins === 'nothing' ? null : await ask('/iam/assignees/users?limit=1')
  const someone = (assignees === null ? null : firstIdIn(assignees)) ?? first
  const roles =
    wants.admins !== 'every_action' || someone === null
      ? null
      : await ask(`/users/${encodeURIComponent(someone)}/roles`)
  const groups: [string, Answer][] = []
  for (const id of wants.groups.slice(0, mostLookedUp)) {
    groups.push([id, await ask(`/groups/${encodeURIComponent(id)}/users?limit=1`)])
  }
  const users: [string, Answer][] = []
  for (const entry of wants.users.slice(0, mostLookedUp)) {
    users.push([entry, await ask(`/users/${encodeURIComponent(entry)}`)])
  }
  return { owner, list, user, assignees, roles, groups, users, machineBehindMs: clock.machineBehindMs }
}

function firstIdIn(answer: Answer): string | null {
  const id =
    answer.kind === 'answered'
      ? (parseListPage(answer) ?? parseListPage(answer, 'value'))?.entries[0]?.id
      : null
  return typeof id === 'string' ? id : null
}
