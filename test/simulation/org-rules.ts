import type { Action } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'

/** From which statuses the simulated org applies an action; null: from all. Written from okta-facts, not from the program. */
export const legal: Readonly<Record<Action, readonly UserStatus[] | null>> = {
  activate: ['STAGED', 'DEPROVISIONED'],
  deactivate: ['STAGED', 'PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'SUSPENDED'],
  reactivate: ['PROVISIONED', 'RECOVERY'],
  reset_factors: null,
  suspend: ['ACTIVE'],
  unlock: ['LOCKED_OUT'],
  unsuspend: ['SUSPENDED'],
}

/** The status that an action leads to; null where it leaves the status as it is. */
export const target: Readonly<Record<Action, UserStatus | null>> = {
  activate: 'PROVISIONED',
  deactivate: 'DEPROVISIONED',
  reactivate: null,
  reset_factors: null,
  suspend: 'SUSPENDED',
  unlock: 'ACTIVE',
  unsuspend: 'ACTIVE',
}

/** The statuses in which an action has nothing to do. For an unlock, only Okta's refusal shows that. */
export const unchangedIn: Readonly<Record<Action, readonly UserStatus[]>> = {
  activate: ['PROVISIONED', 'ACTIVE'],
  deactivate: ['DEPROVISIONED'],
  reactivate: [],
  reset_factors: [],
  suspend: ['SUSPENDED'],
  unlock: ['ACTIVE'],
  unsuspend: ['ACTIVE'],
}

/** HTTP status and error code of a refusal because of the status. */
export const refusals: Readonly<Record<Action, readonly [number, string]>> = {
  activate: [403, 'E0000016'],
  deactivate: [404, 'E0000007'],
  reactivate: [403, 'E0000038'],
  reset_factors: [403, 'E0000001'],
  suspend: [400, 'E0000001'],
  unlock: [403, 'E0000032'],
  unsuspend: [400, 'E0000001'],
}

/** The bucket of lifecycle calls. */
export const lifecycle = '/api/v1/users'

/** The rate-limit bucket that a request counts in. */
export function bucketOf(method: string, path: string): string {
  const [plain = ''] = path.split('?')
  if (plain.startsWith('/api/v1/groups/')) return '/api/v1/groups/{id}'
  if (plain.startsWith('/api/v1/iam/')) return '/api/v1'
  // A list of users counts as a lifecycle call does.
  if (plain === lifecycle) return lifecycle
  if (method === 'POST' || plain.endsWith('/factors') || plain.endsWith('/roles')) return lifecycle
  return plain.endsWith('/me') ? '/api/v1/users/me' : '/api/v1/users/{id}'
}

/** The actions that can send a mail. */
export const mayMail: ReadonlySet<Action | 'enrol'> = new Set(['activate', 'deactivate', 'reactivate'])

/** Whether a call sends a mail: as it asks, else by Okta's default. */
export function mailsBy(action: Action, query: string): boolean {
  return query.includes('sendEmail=true') || (action === 'activate' && !query.includes('sendEmail='))
}
