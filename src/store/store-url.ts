import { Refusal } from '../messages/known-error.ts'

/** The address of a store, taken apart. */
export interface StoreUrl {
  /** As it was given. It may hold a password. */
  readonly url: string
  /** The address for messages and commands to type: without a password. */
  readonly shown: string
}

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
  url.password = ''
  url.searchParams.delete('password')
  return { url: text, shown: url.href }
}

/** Whether an address holds a password, which other users of the host could see in a command line. */
export function holdsPassword({ url, shown }: StoreUrl): boolean {
  return new URL(url).href !== shown
}
