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
  const secrets = secretsIn(call).flatMap((secret) => [...new Set([secret, encodeURIComponent(secret)])])
  const { headers } = received
  const text = withoutEscapes(received.text)
  const repeated = secrets.filter((secret) => text?.includes(secret) === true || isInHeaders(headers, secret))
  if (repeated.length === 0) return received
  const hide = (value: string): string =>
    repeated.reduce((hidden, secret) => hidden.replaceAll(secret, put), value)
  const clean = Object.entries(headers).map(([name, value]): [string, HeaderValue] => [
    name,
    typeof value === 'string' ? hide(value) : value?.map(hide),
  ])
  return { ...received, text: text === null ? null : hide(text), headers: Object.fromEntries(clean) }
}

/** JSON may write any letter as an escape. Written anew, only what has to be escaped is. Other texts stay as they are. */
function withoutEscapes(text: string | null): string | null {
  if (text === null || !text.includes('\\')) return text
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
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
