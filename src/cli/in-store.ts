import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../files/temporary-directory.ts'
import { prepare } from '../job/prepare.ts'
import { type ExitCode, Refusal } from '../messages/known-error.ts'
import { storeDirectoryName } from '../messages/store-place.ts'
import type { Claimant } from '../store/claim.ts'
import { copyNeeded, type Needed } from '../store/copy-needed.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { StoreOfRuns } from '../store/run-store.ts'
import { isOfStore, storeError } from '../store/store-error.ts'
import { holdsPassword, parseStoreUrl } from '../store/store-url.ts'
import type { Command } from './command.ts'
import { describeRestored } from './describe-restored.ts'
import { say } from './terminal/stop-hooks.ts'

/** Connections of a command: one to renew its claim, and some for what it writes. */
const connections = 4

/**
 * Carries out a command on a working copy of a store: a private directory that is removed afterwards.
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
  const database = await openDatabase(store, connections)
  const restored = describeRestored(database)
  if (restored !== null) say(restored)
  try {
    return await inTemporaryDirectory(async (directory) => {
      const runsDirectory = join(directory, storeDirectoryName(store.shown))
      await mkdir(runsDirectory, { mode: 0o700 })
      await copyNeeded(database, runsDirectory, await neededBy(command, args))
      const runStore = new StoreOfRuns(database, claimant(), 'to_people')
      return await command.run({ ...args, 'runs-dir': runsDirectory, runStore, database })
    })
  } catch (error) {
    throw isOfStore(error) ? storeError(store, error) : error
  } finally {
    await closeQuietly(database)
  }
}

async function neededBy(command: Command, args: Readonly<Record<string, unknown>>): Promise<Needed> {
  const { run } = args
  switch (command.ofStore) {
    case 'named':
      return { kind: 'named', run: typeof run === 'string' ? run : null }
    case 'all':
      return { kind: 'all' }
    default:
      return { kind: 'history', job: await jobNamed(args) }
  }
}

/** The name of the job that a command line names; null if there is none, or the command will say what is wrong with it. */
async function jobNamed({ job }: Readonly<Record<string, unknown>>): Promise<string | null> {
  if (typeof job !== 'string') return null
  try {
    // What the input is does not matter for the job's name.
    return (await prepare('-', { job })).merge(null).name
  } catch {
    return null
  }
}

/** Who this process is, for the store. */
export function claimant(): Claimant {
  return { holder: `${hostname()}/${process.pid}/${randomUUID()}`, host: hostname() }
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

async function closeQuietly(database: Database): Promise<void> {
  try {
    await database.close()
  } catch {
    // The command's answer matters more.
  }
}
