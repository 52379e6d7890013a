import { type Action, ruleOf } from '../../okta/actions.ts'
import { type UserStatus, userStatuses } from '../../okta/status.ts'
import { decide } from '../rules/lifecycle.ts'
import type { SandboxUser } from '../users/user.ts'

/** The state of a user before the first action. */
export interface StartingPoint {
  readonly status: UserStatus
  /** Whether a STAGED user has a password; false for any other status. */
  readonly stagedWithPassword: boolean
}

type StepResult = 'succeeded' | 'unchanged' | 'failed'

// The most ordinary first. LOCKED_OUT, SUSPENDED and the rest are for the actions that ask for them.
const order: readonly UserStatus[] = [
  'ACTIVE',
  'STAGED',
  'LOCKED_OUT',
  'SUSPENDED',
  'PROVISIONED',
  ...userStatuses.filter((status) => status === 'PASSWORD_EXPIRED' || status === 'RECOVERY'),
  'DEPROVISIONED',
]

const startingPoints: readonly StartingPoint[] = order.flatMap((status): StartingPoint[] =>
  status === 'STAGED'
    ? [
        { status, stagedWithPassword: true },
        { status, stagedWithPassword: false },
      ]
    : [{ status, stagedWithPassword: false }],
)

function userAt(start: StartingPoint): SandboxUser {
  const time = '2024-01-15T09:00:00.000Z'
  const hasPassword = start.status === 'STAGED' ? start.stagedWithPassword : true
  return {
    id: '00u00000000000000000',
    status: start.status,
    created: time,
    activated: null,
    statusChanged: null,
    lastLogin: null,
    lastUpdated: time,
    passwordChanged: hasPassword ? time : null,
    profile: { firstName: '', lastName: '', mobilePhone: null, secondEmail: null, login: '', email: '' },
    source: 'OKTA',
    factors: [],
    roles: [],
    blockedFromUnknownDevices: false,
    transition: null,
  }
}

function take(
  user: SandboxUser,
  action: Action,
): { readonly result: StepResult; readonly user: SandboxUser } {
  const rule = ruleOf(action)
  if (rule.unchangedIn.includes(user.status)) return { result: 'unchanged', user }
  if (!rule.sentFrom.includes(user.status)) return { result: 'failed', user }
  const decision = decide(user, action, user.created)
  if (decision.kind === 'allowed') return { result: 'succeeded', user: { ...user, ...decision.change } }
  return { result: rule.unchangedAfterRefusalIn.includes(user.status) ? 'unchanged' : 'failed', user }
}

/** How each of a sequence of actions ends for a user in this state, by the table of actions. */
export function walk(start: StartingPoint, actions: readonly Action[]): StepResult[] {
  let user = userAt(start)
  return actions.map((action) => {
    const step = take(user, action)
    user = step.user
    return step.result
  })
}

/**
 * The starting point from which most of these actions end without a failure; all of them, if that is possible. Of
 * several, one from which the first action ends as `wanted`, if there is one.
 */
export function startingPointFor(
  actions: readonly Action[],
  wanted: 'succeeded' | 'unchanged',
): StartingPoint {
  return bestOf(startingPoints, actions, wanted)[0] ?? ordinary
}

/** The best starting points in these statuses; all are equally good. */
export function startingPointsIn(
  statuses: readonly UserStatus[],
  actions: readonly Action[],
): readonly StartingPoint[] {
  const among = startingPoints.filter(({ status }) => statuses.includes(status))
  return bestOf(among, actions, 'succeeded')
}

const ordinary: StartingPoint = { status: 'ACTIVE', stagedWithPassword: false }

/** Those with the highest score, in their order. */
function bestOf(
  among: readonly StartingPoint[],
  actions: readonly Action[],
  wanted: StepResult,
): readonly StartingPoint[] {
  const scored = among.map((start) => {
    const results = walk(start, actions)
    const good = results.filter((result) => result !== 'failed').length
    return { start, score: good * 2 + (results[0] === wanted ? 1 : 0) }
  })
  const best = Math.max(...scored.map(({ score }) => score))
  return scored.filter(({ score }) => score === best).map(({ start }) => start)
}
