import { notifyVariable } from '../../notify/address.ts'
import { KnownSecrets } from '../../okta/known-secrets.ts'
import { maskSecrets } from '../../okta/mask-secrets.ts'
import { proxyCredentials } from '../../okta/proxy.ts'
import { isKeyPath } from '../../okta/settings.ts'

/** Variables that hold a secret, or a URL with a password. */
const withSecret = /^(?:OKTA_CLIENT_TOKEN|OKTA_CLIENT_PRIVATEKEY|OKTA_LIFECYCLE_NOTIFY_URL)$|_PROXY$/i
/** Shorter texts are not taken for secrets: masking them would spoil other text. */
const shortest = 8

/** The secrets that an environment holds, the longest first. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const secrets = Object.entries(environment).flatMap(([name, value = '']) => {
    if (!withSecret.test(name)) return []
    // Whoever knows the path of a web hook may write there.
    if (name === notifyVariable) return /:\/\/[^/]*\/(.*)/.exec(value.trim())?.slice(1) ?? []
    if (name === 'OKTA_CLIENT_PRIVATEKEY' && isKeyPath(value.trim())) return []
    if (!/_PROXY$/i.test(name)) return [value.trim(), ...value.split(/\\n|\s+/)]
    const credentials = proxyCredentials(value) ?? ''
    const [, password = ''] = /^[^:]*:([\s\S]*)$/.exec(credentials) ?? []
    // As it is sent to the proxy, and as NODE_DEBUG shows it.
    return [password, Buffer.from(decoded(credentials), 'utf8').toString('base64')]
  })
  return [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest && !/^-+(?:BEGIN|END)|^(?:PRIVATE|RSA|KEY-+)$/.test(secret))
    .sort((a, b) => b.length - a.length)
}

/** A part of a URL, decoded if it can be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A text without secrets that are known, and without what looks like one. */
export function withoutSecrets(text: string, known: KnownSecrets): string {
  return maskSecrets(known.mask(text, 'leave words'))
}

/**
 * Masks, in all that is written to a stream, the secrets of the environment and what looks like one. This is the last
 * line of defence: correct code writes no secret in the first place.
 */
export function maskStream(stream: NodeJS.WriteStream, secrets: readonly string[]): void {
  const known = new KnownSecrets(secrets)
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean =>
    write(typeof chunk === 'string' ? withoutSecrets(chunk, known) : chunk, ...rest)
}
