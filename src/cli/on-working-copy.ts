import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../files/temporary-directory.ts'
import { prepare } from '../job/prepare.ts'
import { storeDirectoryName } from '../messages/store-place.ts'
import { copyNeeded, type Needed } from '../store/copy-needed.ts'
import { isOfStore, storeError } from '../store/store-error.ts'
import { StoreOfRuns, type StoreOfRunsOptions } from '../store/store-of-runs.ts'
import type { Command } from './command.ts'

/** The store that a command works with. */
export type CommandStore = Omit<StoreOfRunsOptions, 'left'>

/**
 * Carries out a command on a working copy of a store: a private directory that is removed afterwards.
 *
 * @throws what the command throws, and the store's errors in words
 */
export async function onWorkingCopy<T>(
  store: CommandStore,
  command: { readonly ofStore?: Command['ofStore']; readonly run: (args: Arguments) => Promise<T> },
  args: Arguments,
): Promise<T> {
  const { tables } = store
  try {
    return await inTemporaryDirectory(async (directory) => {
      const runsDirectory = join(directory, storeDirectoryName(tables.url.shown))
      await mkdir(runsDirectory, { mode: 0o700 })
      await copyNeeded(tables, runsDirectory, await neededBy(command.ofStore, args))
      const runStore = new StoreOfRuns({ ...store, left: 'to_people' })
      return await command.run({ ...args, 'runs-dir': runsDirectory, runStore, tables })
    })
  } catch (error) {
    throw isOfStore(error) ? storeError(tables.url, error) : error
  }
}

type Arguments = Readonly<Record<string, unknown>>

async function neededBy(ofStore: Command['ofStore'], args: Arguments): Promise<Needed> {
  const { run } = args
  switch (ofStore) {
    case 'named':
      return { kind: 'named', run: typeof run === 'string' ? run : null }
    case 'all':
      return { kind: 'all' }
    default:
      return { kind: 'history', job: await jobNamed(args) }
  }
}

/** The name of the job that a command line names; null if there is none, or the command will say what is wrong with it. */
async function jobNamed({ job }: Arguments): Promise<string | null> {
  if (typeof job !== 'string') return null
  try {
    // What the input is does not matter for the job's name.
    return (await prepare('-', { job })).merge(null).name
  } catch {
    return null
  }
}
