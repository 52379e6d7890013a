import { notifyVariable } from '../../notify/address.ts'
import { KnownSecrets } from '../../okta/known-secrets.ts'
import { maskSecrets } from '../../okta/mask-secrets.ts'
import { proxyCredentials } from '../../okta/proxy.ts'
import { isKeyPath } from '../../okta/settings.ts'
import { storeVariable } from '../store-variable.ts'

/** Variables that hold a secret, or a URL with a password. */
const withSecret =
  /^(?:OKTA_CLIENT_TOKEN|OKTA_CLIENT_PRIVATEKEY|OKTA_LIFECYCLE_NOTIFY_URL|OKTA_LIFECYCLE_STORE|PGPASSWORD)$|_PROXY$/i
type Environment = Readonly<Record<string, string | undefined>>

/** Shorter texts are not taken for secrets: masking them would spoil other text. */
const shortest = 8

/** The secrets that an environment holds, the longest first. */
export function secretsOf(environment: Environment): readonly string[] {
  const secrets = Object.entries(environment).flatMap(([name, value = '']) => {
    if (!withSecret.test(name)) return []
    // Whoever knows the path of a web hook may write there.
    if (name === notifyVariable) return [...pathsOf(value).map(([, path]) => path), ...credentialsOf(value)]
    if (name === storeVariable) return passwordOf(value)
    if (name === 'OKTA_CLIENT_PRIVATEKEY' && isKeyPath(value.trim())) return []
    return /_PROXY$/i.test(name) ? credentialsOf(value) : [value.trim(), ...value.split(/\\n|\s+/)]
  })
  return [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest && !/^-+(?:BEGIN|END)|^(?:PRIVATE|RSA|KEY-+)$/.test(secret))
    .sort((a, b) => b.length - a.length)
}

/** The secrets that an environment holds, for all that is written. */
export function knownSecretsOf(environment: Environment): KnownSecrets {
  // A path of ordinary words is a secret only behind its host.
  const urls = pathsOf(environment[notifyVariable] ?? '').map(([url]) => url)
  return new KnownSecrets(secretsOf(environment), [...new Set(urls)])
}

type Address = readonly [url: string, path: string]

/**
 * The address of notifications without its scheme and credentials, and its path: as it was written, and as the request
 * has it, which is another one for `host?key`, `http:/host/path` and letters that are not ASCII. Empty if it has no path.
 */
function pathsOf(written: string): readonly Address[] {
  const text = written.trim()
  const [, host = '', path = ''] = /:\/\/(?:[^/]*@)?([^/]*)\/(.+)/.exec(text) ?? []
  const addresses: Address[] = [[`${host}/${path}`, path]]
  if (URL.canParse(text)) {
    const url = new URL(text)
    const sent = `${url.pathname}${url.search}`.slice(1)
    addresses.push([`${url.host}/${sent}`, sent], [`${url.host}/${decoded(sent)}`, decoded(sent)])
  }
  return addresses.filter(([, one]) => one !== '')
}

/** A password, and user and password as they are sent, and as NODE_DEBUG shows them. */
function credentialsOf(url: string): readonly string[] {
  const credentials = proxyCredentials(url) ?? ''
  const [, password = ''] = /^[^:]*:([\s\S]*)$/.exec(credentials) ?? []
  return [password, Buffer.from(decoded(credentials), 'utf8').toString('base64')]
}

/** The password in the address of a store, as it is written there and as it is. */
function passwordOf(url: string): readonly string[] {
  const [, password = ''] = /:\/\/[^:/@]*:([^@]*)@/.exec(url) ?? []
  return [password, decoded(password)]
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
export function maskStream(stream: NodeJS.WriteStream, known: KnownSecrets): void {
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean =>
    write(typeof chunk === 'string' ? withoutSecrets(chunk, known) : chunk, ...rest)
}
