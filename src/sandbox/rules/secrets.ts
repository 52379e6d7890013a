import { createHash } from 'node:crypto'
import { foldLogin, shortNameOf } from '../users/login.ts'
import type { UserSecrets } from '../users/user.ts'

const noSecrets: UserSecrets = { passwordHash: null, recoveryQuestion: null, recoveryAnswerHash: null }

/** The secrets by which a user is recognized, all null if none are kept. */
export function secretsOf(user: { readonly secrets?: UserSecrets | undefined }): UserSecrets {
  return user.secrets ?? noSecrets
}

/** A secret as the org keeps it. Plain SHA-256: what it protects opens nothing but a sandbox. */
export function hashSecret(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** A recovery answer as the org keeps it: letter case does not count. */
export function hashAnswer(answer: string): string {
  return hashSecret(answer.trim().toLowerCase())
}

const requirements =
  'Password requirements were not met. Password requirements: at least 8 characters, a lowercase letter, an uppercase letter, a number, no parts of your username.'

/**
 * Why a password is refused, null if it is accepted.
 * Source: the default password policy of a new org.
 */
export function passwordFault(password: string, login: string): string | null {
  const name = shortNameOf(foldLogin(login)) ?? foldLogin(login)
  const parts = name.split(/[.\-_#@,\s]/).filter((part) => part.length >= 4)
  const folded = foldLogin(password)
  const met =
    password.length >= 8 &&
    /\p{Ll}/u.test(password) &&
    /\p{Lu}/u.test(password) &&
    /\d/.test(password) &&
    !parts.some((part) => folded.includes(part))
  return met ? null : requirements
}
