import { type Check, fine, wrong } from './check.ts'
import type { StoreObservation } from './observe-store.ts'

/** Connections that a worker needs at least: two for one run, and two to look for others. */
const fewestConnections = 4

/**
 * What is wrong with a store, one thing after the other; one good finding if nothing is.
 *
 * @param shown its address without a password
 */
export function judgeStore(shown: string, found: StoreObservation): readonly Check[] {
  if (found.kind === 'failed') return [wrong('store', found.error.message, found.error.next)]
  const checks: Check[] = found.off.map((name) =>
    wrong(
      'store',
      `The store ${shown} has ${name}: after a crash it would have forgotten what was sent.`,
      `Set ${name.split(' ')[0]} = on for this database.`,
    ),
  )
  if (found.isStandby)
    checks.push(
      wrong('store', `The store ${shown} is a standby, which takes no writes.`, 'Name the primary server.'),
    )
  if (!found.hasTables)
    checks.push(
      wrong(
        'store',
        `The store ${shown} has no tables of okta-lifecycle, and this user may not create them.`,
        'GRANT CREATE ON DATABASE … TO this user, or let its owner submit the first run.',
      ),
    )
  if (!found.isPrivate)
    checks.push(
      wrong(
        'store',
        `The way to the store ${shown} is not encrypted. Logins and results of people go over the network in the clear.`,
        'Let the server take TLS (ssl = on), and add ?sslmode=verify-full to the address.',
      ),
    )
  if (found.free < fewestConnections)
    checks.push(
      wrong(
        'store',
        `The store ${shown} has ${found.free} free connections. A worker needs at least ${fewestConnections}.`,
        'Raise max_connections, or end what else is connected.',
      ),
    )
  return checks.length > 0
    ? checks
    : [
        fine(
          'store',
          `The store ${shown} answers, commits synchronously and has ${found.free} free connections.`,
        ),
      ]
}
