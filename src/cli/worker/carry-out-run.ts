import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { commandFor, runNameOf } from '../../messages/commands.ts'
import { exitCodes } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'
import { storeDirectoryName } from '../../messages/store-place.ts'
import { readRecordedHead } from '../../report/summary.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { checkLinksPlace } from '../../run/links-place.ts'
import { checkJournalKept } from '../../run/lost-journal.ts'
import { readRunFile } from '../../run/run-file.ts'
import type { Claim } from '../../store/claim.ts'
import { StoreOfRuns, type StoreOfRunsOptions } from '../../store/store-of-runs.ts'
import { workOff } from '../carry-out.ts'
import { checkNotifyAddress } from '../notify.ts'
import type { Orgs } from './orgs.ts'

/** What a worker needs for a run. */
export interface RunWork extends Omit<StoreOfRunsOptions, 'left'> {
  readonly orgs: Orgs
  readonly stop: StopSwitch
  /** Seconds that a stop waits for calls under way. */
  readonly drain: number
  readonly say: (line: string) => void
}

/**
 * Carries out a claimed run in a working copy, to its end or until it stops, and releases it.
 *
 * @returns the org in which Okta has refused to go on; null if it did not
 * @throws HoldLost when another worker has taken it over; KnownError when this worker can't carry it out
 */
export async function carryOutRun(claim: Claim, work: RunWork): Promise<string | null> {
  const { tables, orgs, say } = work
  return await inTemporaryDirectory(async (temporary) => {
    const directory = join(temporary, storeDirectoryName(tables.url.shown), claim.runId)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const runStore = new StoreOfRuns({ ...work, left: 'to_workers' })
    const hold = await runStore.held(directory, claim)
    try {
      const run = await readRunFile(directory)
      const org = orgs.get(run.org_url)
      // Such a run is not claimed in the first place.
      if (org === undefined) throw new Error(`There are no credentials for ${run.org_url}.`)
      await checkJournalKept(directory, run, await readRecordedHead(directory))
      await checkInputCopy(directory, run)
      await checkLinksPlace(directory, run, commandFor('resume', runNameOf(directory)))
      checkNotifyAddress(run.job)
      const shared = { ...org, budgetIn: tables }
      const confirmed = { ...run, confirmed: true }
      const options = { ...work, runStore, directory, run: confirmed, org: shared, hold, quiet: true }
      const { exit_code: exitCode } = await workOff(options, ({ state, reason, headline }) =>
        say(
          `${state}${reason === null ? '' : `: ${reason}`}${headline === undefined ? '' : `; ${headline}`}`,
        ),
      )
      return exitCode === exitCodes.refusedByOkta ? run.org_url : null
    } finally {
      await hold.release()
    }
  })
}
