import type { Received } from './exchange.ts'
import type { HeaderValue } from './rate-limit.ts'
import type { Call } from './transport.ts'

const put = '[secret]'

/**
 * An answer without the secrets of the call that it answers: a proxy or a debugging page may repeat what was sent to it,
 * and texts of answers reach messages, reports and logs.
 */
export function withoutSecretsOf(call: Call, received: Received): Received {
  if (received.kind === 'lost') return received
  const secrets = secretsIn(call)
  const { headers, httpStatus } = received
  const text = withoutEscaped(received.text, secrets, httpStatus)
  const repeated = secrets.filter((secret) => text?.includes(secret) === true || isInHeaders(headers, secret))
  if (repeated.length === 0) return text === received.text ? received : { ...received, text }
  const hide = (value: string): string =>
    repeated.reduce((hidden, secret) => hidden.replaceAll(secret, put), value)
  const clean = Object.entries(headers).map(([name, value]): [string, HeaderValue] => [
    name,
    typeof value === 'string' ? hide(value) : value?.map(hide),
  ])
  return { ...received, text: text === null ? null : hide(text), headers: Object.fromEntries(clean) }
}

/**
 * The length of the pieces of a secret that are masked even if the rest of it is cut off. They overlap by half, so any
 * 23 characters in a row hold one.
 */
const pieceLength = 16

/**
 * A text without secrets that are percent-encoded or written with JSON's escapes, however many times over, and without
 * pieces of them. A run may read hundreds of thousands of users, so a successful answer is searched in this way only if
 * it has a character that such forms need.
 */
function withoutEscaped(text: string | null, secrets: readonly string[], httpStatus: number): string | null {
  if (text === null || (httpStatus < 300 && !/[\\%]/.test(text))) return text
  return secrets.reduce((left, secret) => {
    const pieces = []
    for (let at = 0; at + pieceLength <= secret.length; at += pieceLength / 2)
      pieces.push(secret.slice(at, at + pieceLength))
    return [secret, ...pieces].reduce((rest, piece) => rest.replaceAll(inAnyForm(piece), put), left)
  }, text)
}

/** Finds a text of which any character may be percent-encoded or escaped. */
function inAnyForm(text: string): RegExp {
  const forms = [...text].map((character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
    const plain = character.replace(/[^\w-]/, '\\$&')
    return `(?:\\\\*${plain}|%${hex}|\\\\+u00${hex})`
  })
  return new RegExp(forms.join(''), 'gi')
}

/**
 * The length of the shortest text that is masked. A shorter one is not a secret of ours, and to mask it would garble
 * other text.
 */
const shortest = 6

function secretsIn({ headers, body }: Call): readonly string[] {
  const [, token] = /^\S+ (.+)$/.exec(headers.authorization ?? '') ?? []
  const assertion = body === undefined ? null : new URLSearchParams(body).get('client_assertion')
  return [token, headers.dpop, assertion].filter(
    (secret): secret is string => typeof secret === 'string' && secret.length >= shortest,
  )
}

function isInHeaders(headers: Readonly<Record<string, HeaderValue>>, secret: string): boolean {
  for (const value of Object.values(headers)) {
    if (typeof value === 'string' ? value.includes(secret) : value?.some((part) => part.includes(secret)))
      return true
  }
  return false
}
