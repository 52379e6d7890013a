import * as z from 'zod'
import { type OktaError, validationError } from '../answers/okta-error.ts'
import {
  type SandboxUser,
  type UserProfile,
  type UserSecrets,
  type UserSource,
  userSources,
} from '../users/user.ts'
import { hashAnswer, hashSecret, passwordFault, secretsOf } from './secrets.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const attributes = z.record(z.string(), z.union([scalar, z.null(), z.array(scalar)]))

const credentials = z.object({
  password: z
    .object({
      value: z.string().optional(),
      // A password from elsewhere: hashed, or asked for by a hook at the first sign-in.
      hash: z.record(z.string(), z.unknown()).optional(),
      hook: z.record(z.string(), z.unknown()).optional(),
    })
    .nullish(),
  recovery_question: z.object({ question: z.string().optional(), answer: z.string().optional() }).nullish(),
  provider: z.object({ type: z.string(), name: z.string().optional() }).nullish(),
})

const body = z.object({
  profile: attributes.optional(),
  credentials: credentials.nullish(),
  groupIds: z.array(z.string()).nullish(),
})

/** What a client wants a user to be like. */
export interface UserWishes {
  readonly profile: UserProfile
  readonly source: UserSource
  /** Null: the call sets no password. */
  readonly password: 'set' | 'imported' | null
  readonly secrets: UserSecrets | undefined
  readonly groupIds: readonly string[]
}

/** What was read, or how Okta refuses it. */
export type UserInput =
  | { readonly kind: 'read'; readonly wishes: UserWishes }
  | { readonly kind: 'refused'; readonly error: OktaError }

/** What the body of a request is checked against: the existing user, if any, and the logins of other users. */
export interface InputContext {
  readonly user: SandboxUser | null
  /** `partial`: what the body leaves out stays as it is. */
  readonly mode: 'create' | 'partial' | 'full'
  isTaken(login: string): boolean
  /** Whether the org's profiles have an attribute of this name. */
  isDefined(attribute: string): boolean
}

const required = ['login', 'firstName', 'lastName', 'email'] as const
const address = /^[^\s@]+@[^\s@]+$/

function baseOf(given: UserProfile | null): Record<string, UserProfile[string]> {
  const base = {
    firstName: null,
    lastName: null,
    mobilePhone: null,
    secondEmail: null,
    login: null,
    email: null,
  }
  return { ...base, ...given }
}

function profileFaults(profile: Readonly<Record<string, unknown>>, context: InputContext): string[] {
  const faults: string[] = []
  for (const name of required) {
    const value = profile[name]
    if (value === null || value === undefined || (typeof value === 'string' && value.trim() === '')) {
      faults.push(`${name}: The field cannot be left blank`)
    } else if (typeof value !== 'string') faults.push(`${name}: The value is not a string`)
    else if (value.length > 100) faults.push(`${name}: The field is too long`)
  }
  const { login, email, secondEmail } = profile
  if (typeof login === 'string' && login.trim() !== '') {
    // This also keeps a login from looking like an id or like several segments of a path.
    if (!address.test(login)) faults.push('login: Username must be in the form of an email address')
    else if (context.isTaken(login)) {
      faults.push('login: An object with this field already exists in the current organization')
    }
  }
  for (const [name, value] of Object.entries({ email, secondEmail })) {
    if (typeof value === 'string' && value.trim() !== '' && !address.test(value)) {
      faults.push(`${name}: Does not match required pattern`)
    }
  }
  return faults
}

function secretsFor(
  given: z.infer<typeof credentials> | null | undefined,
  user: SandboxUser | null,
): UserSecrets {
  const before = secretsOf(user ?? {})
  const { question, answer } = given?.recovery_question ?? {}
  const password = given?.password?.value
  return {
    passwordHash: password === undefined ? before.passwordHash : hashSecret(password),
    recoveryQuestion: question ?? before.recoveryQuestion,
    recoveryAnswerHash: answer === undefined ? before.recoveryAnswerHash : hashAnswer(answer),
  }
}

function sourceOf(type: string | undefined, user: SandboxUser | null): UserSource | null {
  if (type === undefined) return user?.source ?? 'OKTA'
  return userSources.find((source) => source === type) ?? null
}

function isEmpty(secrets: UserSecrets): boolean {
  return Object.values(secrets).every((secret) => secret === null)
}

/** Reads the body of a call that makes or changes a user. Source: Okta's own messages, as its clients know them. */
export function readUserInput(value: unknown, context: InputContext): UserInput {
  const parsed = body.safeParse(value ?? {})
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue?.path.join('.') || 'user'
    return refused(field, [`${field}: ${issue?.message ?? 'Invalid value'}`])
  }
  const { profile: given, credentials: secret, groupIds } = parsed.data
  const { user, mode } = context
  const unknown = Object.keys(given ?? {}).filter((name) => !context.isDefined(name))
  if (unknown.length > 0) {
    return refused(
      'profile',
      unknown.map((name) => `Property name ${name} is not defined in profile`),
    )
  }
  // A change of credentials alone leaves the profile as it is, even by PUT.
  const keeps = mode === 'partial' || (user !== null && given === undefined && secret != null)
  const profile = { ...baseOf(keeps ? (user?.profile ?? null) : null), ...given }
  const faults = profileFaults(profile, context)
  const source = sourceOf(secret?.provider?.type, user)
  if (source === null) faults.push('provider: The credential provider is not known')
  const password = secret?.password?.value
  const fault = password === undefined ? null : passwordFault(password, String(profile.login))
  if (fault !== null) faults.push(`password: ${fault}`)
  const [first] = faults
  if (first !== undefined || source === null) return refused(first?.split(':', 1)[0] ?? 'user', faults)
  const secrets = secretsFor(secret, user)
  const imported = secret?.password?.hash !== undefined || secret?.password?.hook !== undefined
  return {
    kind: 'read',
    wishes: {
      profile: profile as UserProfile,
      source,
      password: password === undefined ? (imported ? 'imported' : null) : 'set',
      secrets: isEmpty(secrets) ? undefined : secrets,
      groupIds: groupIds ?? [],
    },
  }
}

function refused(field: string, causes: readonly string[]): UserInput {
  return { kind: 'refused', error: validationError(field, causes) }
}
