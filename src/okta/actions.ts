import { type UserStatus, userStatuses } from './status.ts'

/** The seven actions, named as the last part of their path in Okta's UserLifecycle API. */
export const actionNames = [
  'activate',
  'deactivate',
  'reactivate',
  'reset_factors',
  'suspend',
  'unlock',
  'unsuspend',
] as const

export type Action = (typeof actionNames)[number]

/**
 * The answer with which Okta refuses an action that the user's status does not allow: its HTTP status and error code.
 */
interface Refusal {
  readonly httpStatus: number
  readonly errorCode: string
}

/** What settles an attempt with an unknown outcome: the user's status, the enrolled factors, or nothing. */
export type DoubtEvidence = 'status' | 'factors' | 'nothing'

/** Everything that the program knows about one action. A new action is one more entry in {@link actionRules}. */
export interface ActionRule {
  /** Statuses from which the call is sent. */
  readonly sentFrom: readonly UserStatus[]
  /** Statuses in which the user already is where the action leads, so nothing is sent. */
  readonly unchangedIn: readonly UserStatus[]
  /** Statuses that mean `unchanged` only after Okta has refused the call. */
  readonly unchangedAfterRefusalIn: readonly UserStatus[]
  /** Statuses that the user may have after an applied call. Empty if the action does not change the status. */
  readonly target: readonly UserStatus[]
  /** How Okta refuses because of the status; null if no such refusal is documented. */
  readonly refusal: Refusal | null
  readonly doubt: DoubtEvidence
  /** Okta's default of the `sendEmail` parameter; null if the action has no such parameter. */
  readonly sendEmailDefault: boolean | null
  /** Whether Okta honours `Prefer: respond-async`. */
  readonly respondsAsync: boolean
  /** Whether the answer may hold an activation link or token, which are credentials. */
  readonly answersWithLink: boolean
  /** The action that reverses this one, or the reason, for people, why none does. */
  readonly undo: { readonly by: Action } | { readonly not: string }
}

function allBut(...excluded: UserStatus[]): readonly UserStatus[] {
  return userStatuses.filter((status) => !excluded.includes(status))
}

/**
 * The seven actions as one table.
 * Sources: Okta's Users API reference (legal statuses, parameters, defaults), its error code catalogue, and
 * recorded traffic for the answers.
 */
const actionRules = {
  activate: {
    sentFrom: ['STAGED', 'DEPROVISIONED'],
    unchangedIn: ['PROVISIONED', 'ACTIVE'],
    unchangedAfterRefusalIn: ['PROVISIONED', 'ACTIVE'],
    target: ['PROVISIONED', 'ACTIVE'],
    // Okta refuses LOCKED_OUT users in the same way, so this refusal does not show that the user is already active.
    refusal: { httpStatus: 403, errorCode: 'E0000016' },
    doubt: 'status',
    sendEmailDefault: true,
    respondsAsync: false,
    answersWithLink: true,
    undo: {
      not: 'only a deactivation ends an activation, and it can destroy more than the activation created',
    },
  },
  deactivate: {
    sentFrom: allBut('DEPROVISIONED'),
    unchangedIn: ['DEPROVISIONED'],
    unchangedAfterRefusalIn: ['DEPROVISIONED'],
    target: ['DEPROVISIONED'],
    // Okta answers in the same way for an id that does not exist. Only a read tells the two apart.
    refusal: { httpStatus: 404, errorCode: 'E0000007' },
    doubt: 'status',
    sendEmailDefault: false,
    respondsAsync: true,
    answersWithLink: false,
    undo: {
      not: 'an activation would not bring back the applications, roles and factors that a deactivation takes away',
    },
  },
  reactivate: {
    sentFrom: ['PROVISIONED', 'RECOVERY'],
    unchangedIn: [],
    unchangedAfterRefusalIn: [],
    target: [],
    refusal: { httpStatus: 403, errorCode: 'E0000038' },
    doubt: 'nothing',
    sendEmailDefault: false,
    respondsAsync: false,
    answersWithLink: true,
    undo: { not: 'the activation link has already gone out' },
  },
  reset_factors: {
    sentFrom: userStatuses,
    unchangedIn: [],
    unchangedAfterRefusalIn: [],
    target: [],
    refusal: null,
    doubt: 'factors',
    sendEmailDefault: null,
    respondsAsync: false,
    answersWithLink: false,
    undo: { not: 'the factors are gone, and only the user can enrol new ones' },
  },
  suspend: {
    // Okta's reference names only ACTIVE. Recorded traffic shows that Okta also offers and accepts it for PROVISIONED.
    sentFrom: ['ACTIVE', 'PROVISIONED'],
    unchangedIn: ['SUSPENDED'],
    unchangedAfterRefusalIn: ['SUSPENDED'],
    target: ['SUSPENDED'],
    refusal: { httpStatus: 400, errorCode: 'E0000001' },
    doubt: 'status',
    sendEmailDefault: null,
    respondsAsync: false,
    answersWithLink: false,
    undo: { by: 'unsuspend' },
  },
  unlock: {
    // An ACTIVE user may be blocked from unknown devices. No status shows that; only Okta's answer does.
    sentFrom: ['LOCKED_OUT', 'ACTIVE'],
    unchangedIn: [],
    unchangedAfterRefusalIn: ['ACTIVE'],
    target: ['ACTIVE'],
    refusal: { httpStatus: 403, errorCode: 'E0000032' },
    doubt: 'status',
    sendEmailDefault: null,
    respondsAsync: false,
    answersWithLink: false,
    undo: { not: 'Okta has no call that locks an account' },
  },
  unsuspend: {
    sentFrom: ['SUSPENDED'],
    unchangedIn: ['ACTIVE'],
    unchangedAfterRefusalIn: ['ACTIVE'],
    // The user returns to one of these: the status from before the suspension.
    target: ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED', 'RECOVERY'],
    // Okta refuses every other status in this way, ACTIVE included.
    refusal: { httpStatus: 400, errorCode: 'E0000001' },
    doubt: 'status',
    sendEmailDefault: null,
    respondsAsync: false,
    answersWithLink: false,
    undo: { by: 'suspend' },
  },
} as const satisfies Record<Action, ActionRule>

/** The rule of an action, widened so that callers can treat all actions alike. */
export function ruleOf(action: Action): ActionRule {
  return actionRules[action]
}

/**
 * Parses an action as people write it: in any letter case, with `reset-factors`, `resetFactors` or `reset factors` for
 * `reset_factors`. Returns null if the text does not name an action.
 */
export function parseAction(text: string): Action | null {
  // Mostly it is written like that, and a large run parses millions.
  const asNamed = actionNames.find((name) => name === text)
  if (asNamed !== undefined) return asNamed
  const plain = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '')
  return actionNames.find((name) => name.replace('_', '') === plain) ?? null
}

/**
 * Whether an action leaves the status as it is, so that a read does not show that it was done: a factor reset or a
 * reactivation. False if the text does not name an action.
 */
export function leavesNoTrace(name: string): boolean {
  const action = parseAction(name)
  return action !== null && ruleOf(action).doubt !== 'status'
}
