import type { Answer } from './answer.ts'

/** What a user needs to activate the account. Both are credentials. */
export interface Activation {
  /** Null if Okta returns only the token, as for a reactivate without `sendEmail`. */
  readonly url: string | null
  readonly token: string
}

/** The activation link in an answer to activate or reactivate; null if the answer has none. */
export function parseActivation(answer: Answer): Activation | null {
  if (answer.kind !== 'answered' || answer.httpStatus >= 300 || answer.body.kind !== 'json') return null
  const { activationUrl, activationToken } = answer.body.value as Readonly<Record<string, unknown>>
  if (typeof activationToken !== 'string' || activationToken === '') return null
  return { url: typeof activationUrl === 'string' ? activationUrl : null, token: activationToken }
}
