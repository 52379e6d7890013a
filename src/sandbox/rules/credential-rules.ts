import type { UserStatus } from '../../okta/status.ts'
import { type OktaError, oktaError, validationError } from '../answers/okta-error.ts'
import type { SandboxUser } from '../users/user.ts'
import { changeStatus, type UserChange } from './lifecycle.ts'
import { hashAnswer, hashSecret, passwordFault, secretsOf } from './secrets.ts'

/** The org's decision about a call on credentials: these changes, or a refusal. */
export type CredentialDecision =
  | { readonly kind: 'allowed'; readonly change: UserChange }
  | { readonly kind: 'refused'; readonly error: OktaError }

/** A recovery question as a client sends it. */
export interface RecoveryQuestion {
  readonly question?: string | undefined
  readonly answer?: string | undefined
}

const notNow: CredentialDecision = { kind: 'refused', error: oktaError('E0000038') }

function refusedCredential(cause: string): CredentialDecision {
  return { kind: 'refused', error: oktaError('E0000014', null, [cause]) }
}

// The users of a directory have their passwords in it.
function isOpen(user: SandboxUser, statuses: readonly UserStatus[]): boolean {
  return user.transition === null && user.source === 'OKTA' && statuses.includes(user.status)
}

function moveTo(user: SandboxUser, status: UserStatus, at: string): UserChange {
  return user.status === status ? { lastUpdated: at } : changeStatus(status, at)
}

/** The change that a new password makes: a user who had to choose one becomes ACTIVE. */
function newPassword(user: SandboxUser, password: string, at: string): UserChange {
  const waiting = user.status === 'PASSWORD_EXPIRED' || user.status === 'RECOVERY'
  return {
    ...(waiting ? changeStatus('ACTIVE', at) : {}),
    lastUpdated: at,
    passwordChanged: at,
    secrets: { ...secretsOf(user), passwordHash: hashSecret(password) },
  }
}

/** `expire_password`: the user must choose a new one. `temporary`, if there is one, is the password until then. */
export function expirePassword(user: SandboxUser, temporary: string | null, at: string): CredentialDecision {
  if (!isOpen(user, ['ACTIVE', 'PASSWORD_EXPIRED', 'RECOVERY'])) return notNow
  const set =
    temporary === null ? {} : { secrets: { ...secretsOf(user), passwordHash: hashSecret(temporary) } }
  return { kind: 'allowed', change: { ...moveTo(user, 'PASSWORD_EXPIRED', at), ...set } }
}

/** `reset_password`: the password is void until the user has followed the link. */
export function resetPassword(user: SandboxUser, at: string): CredentialDecision {
  if (!isOpen(user, ['PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT'])) return notNow
  return { kind: 'allowed', change: moveTo(user, 'RECOVERY', at) }
}

/**
 * `forgot_password`: the user asked for the link. Nothing changes until the user follows it. Okta's reference wants a
 * recovery question; recorded answers came without one.
 */
export function forgotPassword(user: SandboxUser): CredentialDecision {
  if (!isOpen(user, ['ACTIVE', 'PASSWORD_EXPIRED'])) return notNow
  return { kind: 'allowed', change: {} }
}

/** `change_password`. */
export function changePassword(
  user: SandboxUser,
  old: string | undefined,
  wanted: string | undefined,
  at: string,
): CredentialDecision {
  if (!isOpen(user, ['STAGED', 'ACTIVE', 'PASSWORD_EXPIRED', 'RECOVERY'])) return notNow
  if (old === undefined || hashSecret(old) !== secretsOf(user).passwordHash) {
    return refusedCredential('oldPassword: Old password is not correct')
  }
  return setPassword(user, wanted, at)
}

/** `forgot_password_recovery_question`: a new password for a user who knows the answer. */
export function recoverPassword(
  user: SandboxUser,
  answer: string | undefined,
  wanted: string | undefined,
  at: string,
): CredentialDecision {
  if (!isOpen(user, ['ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT'])) return notNow
  const expected = secretsOf(user).recoveryAnswerHash
  if (answer === undefined || expected === null || hashAnswer(answer) !== expected) {
    return refusedCredential('The recovery question answer did not match our records.')
  }
  return setPassword(user, wanted, at)
}

/** `change_recovery_question`, for a user who knows the password. */
export function changeRecoveryQuestion(
  user: SandboxUser,
  password: string | undefined,
  { question, answer }: RecoveryQuestion,
  at: string,
): CredentialDecision {
  if (!isOpen(user, ['STAGED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED'])) return notNow
  const secrets = secretsOf(user)
  if (password === undefined || hashSecret(password) !== secrets.passwordHash) {
    return refusedCredential('Password is not correct')
  }
  if (question === undefined || question === '') return blank('recovery_question.question')
  if (answer === undefined || answer === '') return blank('recovery_question.answer')
  const changed = { ...secrets, recoveryQuestion: question, recoveryAnswerHash: hashAnswer(answer) }
  return { kind: 'allowed', change: { lastUpdated: at, secrets: changed } }
}

function setPassword(user: SandboxUser, wanted: string | undefined, at: string): CredentialDecision {
  const fault =
    wanted === undefined ? 'The field cannot be left blank' : passwordFault(wanted, user.profile.login)
  if (wanted === undefined || fault !== null) return invalid('password', `password: ${fault}`)
  return { kind: 'allowed', change: newPassword(user, wanted, at) }
}

function blank(field: string): CredentialDecision {
  return invalid(field, `${field}: The field cannot be left blank`)
}

function invalid(field: string, cause: string): CredentialDecision {
  return { kind: 'refused', error: validationError(field, [cause]) }
}
