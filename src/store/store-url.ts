import { Refusal } from '../messages/known-error.ts'

/** The address of a store, taken apart. */
export interface StoreUrl {
  /** As it was given. It may hold a password. */
  readonly url: string
  /** The address for messages and commands to type: without a password. */
  readonly shown: string
}

/** Parameters of an address that are shown: without them a command to type would not reach the store. */
const plain: ReadonlySet<string> = new Set([
  'user',
  'host',
  'port',
  'database',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'uselibpqcompat',
])

const protocols: ReadonlySet<string> = new Set(['postgres:', 'postgresql:'])

/**
 * Reads the address of a store.
 *
 * @throws Refusal for anything but `postgres://…`
 */
export function parseStoreUrl(text: string): StoreUrl {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !protocols.has(url.protocol)) {
    throw new Refusal(
      'The store must be the address of a PostgreSQL database: postgres://USER@HOST:PORT/DATABASE. What was given is no such address.',
      'Check --store or OKTA_LIFECYCLE_STORE. A password belongs into PGPASSWORD, or into OKTA_LIFECYCLE_STORE',
    )
  }
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw new Refusal(
      'The address of the store has an @ behind its host. A password with / ? # or @ in it must be written with %2F, %3F, %23 or %40.',
      'Correct OKTA_LIFECYCLE_STORE, or set the password as PGPASSWORD',
    )
  }
  url.password = ''
  // Whatever else is in it may be a secret.
  for (const name of [...url.searchParams.keys()]) if (!plain.has(name)) url.searchParams.delete(name)
  return { url: text, shown: url.href }
}

/** Whether an address holds a password, which other users of the host could see in a command line. */
export function holdsPassword({ url }: StoreUrl): boolean {
  const { password, searchParams } = new URL(url)
  return password !== '' || searchParams.has('password')
}
