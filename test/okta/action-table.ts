import type { Action, DoubtEvidence } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'

/** S: sent, U: unchanged, F: failed without a call. */
type Verdict = 'S' | 'U' | 'F'

type Row = Readonly<Record<UserStatus, Verdict>>

/** Written down from the product's own documents, not from the code: every action in every status. */
export const actionTable: Readonly<Record<Action, Row>> = {
  activate: {
    STAGED: 'S',
    PROVISIONED: 'U',
    ACTIVE: 'U',
    RECOVERY: 'F',
    PASSWORD_EXPIRED: 'F',
    LOCKED_OUT: 'F',
    SUSPENDED: 'F',
    DEPROVISIONED: 'S',
  },
  deactivate: {
    STAGED: 'S',
    PROVISIONED: 'S',
    ACTIVE: 'S',
    RECOVERY: 'S',
    PASSWORD_EXPIRED: 'S',
    LOCKED_OUT: 'S',
    SUSPENDED: 'S',
    DEPROVISIONED: 'U',
  },
  reactivate: {
    STAGED: 'F',
    PROVISIONED: 'S',
    ACTIVE: 'F',
    RECOVERY: 'S',
    PASSWORD_EXPIRED: 'F',
    LOCKED_OUT: 'F',
    SUSPENDED: 'F',
    DEPROVISIONED: 'F',
  },
  reset_factors: {
    STAGED: 'S',
    PROVISIONED: 'S',
    ACTIVE: 'S',
    RECOVERY: 'S',
    PASSWORD_EXPIRED: 'S',
    LOCKED_OUT: 'S',
    SUSPENDED: 'S',
    DEPROVISIONED: 'S',
  },
  suspend: {
    STAGED: 'F',
    PROVISIONED: 'S',
    ACTIVE: 'S',
    RECOVERY: 'F',
    PASSWORD_EXPIRED: 'F',
    LOCKED_OUT: 'F',
    SUSPENDED: 'U',
    DEPROVISIONED: 'F',
  },
  unlock: {
    STAGED: 'F',
    PROVISIONED: 'F',
    ACTIVE: 'S',
    RECOVERY: 'F',
    PASSWORD_EXPIRED: 'F',
    LOCKED_OUT: 'S',
    SUSPENDED: 'F',
    DEPROVISIONED: 'F',
  },
  unsuspend: {
    STAGED: 'F',
    PROVISIONED: 'F',
    ACTIVE: 'U',
    RECOVERY: 'F',
    PASSWORD_EXPIRED: 'F',
    LOCKED_OUT: 'F',
    SUSPENDED: 'S',
    DEPROVISIONED: 'F',
  },
}

/** How Okta refuses because of the user's status. */
export const refusedAs: Readonly<Record<Action, string | null>> = {
  activate: '403 E0000016',
  deactivate: '404 E0000007',
  reactivate: '403 E0000038',
  reset_factors: null,
  suspend: '400 E0000001',
  unlock: '403 E0000032',
  unsuspend: '400 E0000001',
}

/** Okta's default of `sendEmail`; null where the action has no such parameter. */
export const defaultSendEmail: Readonly<Record<Action, boolean | null>> = {
  activate: true,
  deactivate: false,
  reactivate: false,
  reset_factors: null,
  suspend: null,
  unlock: null,
  unsuspend: null,
}

/** What settles an attempt of unknown outcome. */
export const doubtLooksAt: Readonly<Record<Action, DoubtEvidence>> = {
  activate: 'status',
  deactivate: 'status',
  reactivate: 'nothing',
  reset_factors: 'factors',
  suspend: 'status',
  unlock: 'status',
  unsuspend: 'status',
}
