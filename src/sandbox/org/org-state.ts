import * as z from 'zod'
import { KnownError, Refusal } from '../../messages/known-error.ts'
import { actionNames } from '../../okta/actions.ts'
import { userStatuses } from '../../okta/status.ts'
import type { AppliedCall } from '../store/call-log.ts'
import { foldLogin } from '../users/login.ts'
import { oktaIdFor } from '../users/okta-id.ts'
import { type SandboxUser, userSources } from '../users/user.ts'
import type { SavedGroup } from './groups.ts'
import type { RoleAssignment } from './roles.ts'

/** The token that the sandbox accepts if none is named. It opens nothing but a sandbox. */
export const defaultToken = 'sandbox-token'

// For times that a hand-written seed leaves out.
const longAgo = '2024-01-15T09:00:00.000Z'

const time = z.iso.datetime().transform((text) => new Date(text).toISOString())
const timeOrNull = time.nullable().default(null)
const userId = z.string().regex(/^00u[A-Za-z0-9]{17}$/, 'expected 00u and 17 letters or digits')

const scalar = z.union([z.string(), z.number(), z.boolean()])

const profile = z
  .object({
    login: z.string().min(1),
    email: z.string().optional(),
    firstName: z.string().default('Sam'),
    lastName: z.string().default('Sandbox'),
    mobilePhone: z.string().nullable().default(null),
    secondEmail: z.string().nullable().default(null),
  })
  .catchall(z.union([scalar, z.null(), z.array(scalar)]))

const factor = z.strictObject({
  id: z.string().min(1),
  factorType: z.string().min(1),
  provider: z.string().min(1),
  status: z.enum(['ACTIVE', 'PENDING_ACTIVATION']),
  created: time,
  profile: z.record(z.string(), z.string()).optional(),
})

const secrets = z.strictObject({
  passwordHash: z.string().nullable(),
  recoveryQuestion: z.string().nullable(),
  recoveryAnswerHash: z.string().nullable(),
})

const transition = z.strictObject({
  action: z.enum(['activate', 'deactivate']),
  to: z.enum(userStatuses),
  endsAt: z.number(),
})

const user = z
  .strictObject({
    id: userId.optional(),
    status: z.enum(userStatuses),
    created: time.default(longAgo),
    activated: timeOrNull,
    statusChanged: timeOrNull,
    lastLogin: timeOrNull,
    lastUpdated: time.default(longAgo),
    passwordChanged: timeOrNull,
    profile,
    source: z.enum(userSources).default('OKTA'),
    factors: z.array(factor).default([]),
    roles: z.array(z.string().min(1)).default([]),
    blockedFromUnknownDevices: z.boolean().default(false),
    transition: transition.nullable().default(null),
    beforeSuspend: z.enum(userStatuses).optional(),
    secrets: secrets.optional(),
  })
  .transform(
    (given): SandboxUser => ({
      ...given,
      id: given.id ?? oktaIdFor('00u', foldLogin(given.profile.login)),
      profile: { ...given.profile, email: given.profile.email ?? given.profile.login },
    }),
  )

const token = z.strictObject({ value: z.string().min(1), owner: userId.nullable() })

const appliedCall = z.strictObject({
  time,
  user: userId,
  action: z.enum(actionNames),
  sendEmail: z.boolean().nullable(),
  requestId: z.string(),
})

const group = z
  .strictObject({
    id: z
      .string()
      .regex(/^00g[A-Za-z0-9]{17}$/, 'expected 00g and 17 letters or digits')
      .optional(),
    type: z.literal('OKTA_GROUP').default('OKTA_GROUP'),
    name: z.string().min(1),
    description: z.string().nullable().default(null),
    created: time.default(longAgo),
    lastUpdated: time.default(longAgo),
    lastMembershipUpdated: time.default(longAgo),
    members: z.array(z.string().min(1)).default([]),
    roles: z.array(z.string().min(1)).default([]),
  })
  .transform((given): SavedGroup => ({ ...given, id: given.id ?? oktaIdFor('00g', given.name) }))

const roleAssignment = z.strictObject({
  user: userId,
  type: z.string().min(1),
  created: time,
  groups: z.array(z.string()),
})

const orgState = z.strictObject({
  version: z.literal(1),
  users: z.array(user),
  groups: z.array(group).optional(),
  roleAssignments: z.array(roleAssignment).optional(),
  attributes: z.array(z.string().min(1)).optional(),
  tokens: z
    .array(token)
    .min(1)
    .default([{ value: defaultToken, owner: null }]),
  calls: z.array(appliedCall).default([]),
})

/**
 * An API token of the org. `owner` is the id of the user to whom it belongs, null for a token without one, like a
 * service app's.
 */
export type OrgToken = Readonly<z.infer<typeof token>>

/**
 * Everything about an org that outlives a stop: what a seed gives and what a running sandbox saves. Rate-limit counters
 * are not part of it. The first token is the one that the sandbox's own client uses; more of them are other clients.
 */
export interface OrgState {
  readonly version: 1
  readonly users: readonly SandboxUser[]
  readonly tokens: readonly OrgToken[]
  readonly calls: readonly AppliedCall[]
  /** The group Everyone exists without being listed. */
  readonly groups?: readonly SavedGroup[] | undefined
  readonly roleAssignments?: readonly RoleAssignment[] | undefined
  /** Attributes that profiles may have besides Okta's own and those that the users have. */
  readonly attributes?: readonly string[] | undefined
}

/** What an org begins with. The users may be made up one by one, so that a million never exist as objects at once. */
export interface OrgSeed extends Omit<OrgState, 'version' | 'users'> {
  readonly users: Iterable<SandboxUser>
  /** About how many users there are, if they are not a list. */
  readonly expected?: number
}

/** The state with members named by id, if the seed names them by login. */
function withMemberIds(state: OrgState): OrgState {
  if (state.groups === undefined) return state
  const ids = new Map(state.users.map((user) => [foldLogin(user.profile.login), user.id]))
  const groups = state.groups.map((one) => ({
    ...one,
    members: one.members.map((member) => ids.get(foldLogin(member)) ?? member),
  }))
  return { ...state, groups }
}

/**
 * Reads an org from JSON as {@link OrgState}; a user needs no more than `status` and `profile.login`. `source` names
 * the text for the message of the {@link KnownError} that is thrown if it is not such an org.
 */
export function parseOrgState(text: string, source: string): OrgState {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Refusal(
      `${source} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Use a file that a sandbox has saved, or one of the same form: {"version":1,"users":[…]}.',
    )
  }
  const parsed = orgState.safeParse(json)
  if (parsed.success) return withMemberIds(parsed.data)
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'the whole text' : issue.path.join('.')
  throw new Refusal(
    `${source} does not describe an org: ${where}: ${issue?.message ?? 'unreadable'}.`,
    'Correct the file at that place; each user needs at least a status and a profile.login.',
  )
}
