import { type ExitCode, Refusal } from '../messages/known-error.ts'
import { openTables } from '../store/postgres-tables.ts'
import { holdsPassword, parseStoreUrl, type StoreUrl } from '../store/store-url.ts'
import type { ClaimMark } from '../store/tables.ts'
import { newClaimant } from './claimant.ts'
import type { Command } from './command.ts'
import { describeRestored } from './describe-restored.ts'
import { onWorkingCopy } from './on-working-copy.ts'
import { say } from './terminal/stop-hooks.ts'

/** Connections of a command: one to renew its claim, and some for what it writes. */
const connections = 4

/**
 * Carries out a command on a working copy of a store.
 *
 * @param url the address of the store
 */
export async function inStore(
  url: string,
  command: Command,
  args: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  refuseOtherPlaces(args)
  const store = parseStoreUrl(url)
  if (typeof args.store === 'string' && holdsPassword(store))
    say(
      'Other users of this host can see the password in --store. Set OKTA_LIFECYCLE_STORE or PGPASSWORD instead.',
    )
  const tables = await openTables(store, connections)
  const restored = describeRestored(tables.restored)
  if (restored !== null) say(restored)
  try {
    const announce = (run: ClaimMark): Promise<void> => announceOnce(store, run)
    return await onWorkingCopy({ tables, claimant: newClaimant(), announce }, command, args)
  } finally {
    // The command's answer matters more.
    await tables.close().catch(() => {})
  }
}

async function announceOnce(store: StoreUrl, run: ClaimMark): Promise<void> {
  // Few commands have anything to announce, and BullMQ takes a while to load.
  const { Announcements } = await import('../store/announcements.ts')
  const { nextDue } = await import('../input/due/cron-times.ts')
  const announcements = await Announcements.open(store, nextDue)
  await announcements.announce(run).finally(() => announcements.close())
}

/** @throws Refusal for flags that keep a run somewhere else as well */
function refuseOtherPlaces(args: Readonly<Record<string, unknown>>): void {
  if (args['runs-dir'] !== undefined && args['runs-dir'] !== 'runs')
    throw new Refusal(
      'Runs are kept either in a directory or in a store, and both are given.',
      'Leave out --runs-dir, or --store (and OKTA_LIFECYCLE_STORE)',
    )
  if (args.sandbox === true)
    throw new Refusal(
      'A sandbox lives in one process and ends with it, so its run is not kept in a store.',
      'Leave out --store (and OKTA_LIFECYCLE_STORE), or serve a sandbox of its own: okta-lifecycle sandbox',
    )
}
