import { Refusal } from '../messages/known-error.ts'
import { isLoopback } from '../okta/org-url.ts'
import { Secret } from '../okta/secret.ts'

/**
 * The variable that holds the address. A chat's address is a secret, so it belongs in no file and on no command line.
 */
export const notifyVariable = 'OKTA_LIFECYCLE_NOTIFY_URL'

const example = `export ${notifyVariable}=https://hooks.example.com/okta-lifecycle`

/** Where notifications go. */
export interface NotifyAddress {
  /** Scheme, host and port: what may be shown. */
  readonly origin: string
  /** Path and query, which may hold a secret. */
  readonly path: Secret
  /** From user and password of the URL; null if it has none. */
  readonly authorization: Secret | null
}

/**
 * Reads the address of notifications: HTTPS, or plain HTTP on this machine.
 *
 * @throws Refusal when there is none or it can't be used. The message does not show the path
 */
export function readNotifyAddress(environment: Readonly<Record<string, string | undefined>>): NotifyAddress {
  const text = (environment[notifyVariable] ?? '').trim()
  if (text === '')
    throw new Refusal(
      `The job asks for notifications (notify), but ${notifyVariable} is not set.`,
      `Remove notify from the job file and start a new run, or set the address: ${example}`,
    )
  if (/["'\s]/.test(text) || !URL.canParse(text))
    throw new Refusal(
      `${notifyVariable} is not a URL. An address without quotes or spaces was expected.`,
      example,
    )
  const { protocol, hostname, origin, pathname, search, username, password } = new URL(text)
  const user = decoded(`${username}:${password}`)
  if (user === null)
    throw new Refusal(
      `${notifyVariable} has a % in its user or password that is not followed by two hexadecimal digits.`,
      `Set the address, with special characters in user and password written as %XX: ${example}`,
    )
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    throw new Refusal(
      `${notifyVariable} must begin with https://${/^(https?|ftp|wss?):$/.test(protocol) ? ` (it begins with ${protocol}//)` : ''}; plain HTTP is allowed only for this machine (loopback).`,
      example,
    )
  return {
    origin,
    path: new Secret(`${pathname}${search}`),
    authorization:
      username === '' && password === ''
        ? null
        : new Secret(`Basic ${Buffer.from(user, 'utf8').toString('base64')}`),
  }
}

/** Decodes percent-encoding; null if the text is not encoded correctly. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
