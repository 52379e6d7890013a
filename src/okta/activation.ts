import type { Answer } from './answer.ts'

/** What a user activates the account with. Both are credentials. */
export interface Activation {
  /** Null where Okta gives the token alone, as it does for a reactivate that does not name `sendEmail`. */
  readonly url: string | null
  readonly token: string
}

/** The activation link in an answer to activate or reactivate; null where it holds none. */
export function parseActivation(answer: Answer): Activation | null {
  if (answer.kind !== 'answered' || answer.httpStatus >= 300 || answer.body.kind !== 'json') return null
  const { activationUrl, activationToken } = answer.body.value as Readonly<Record<string, unknown>>
  if (typeof activationToken !== 'string' || activationToken === '') return null
  return { url: typeof activationUrl === 'string' ? activationUrl : null, token: activationToken }
}
