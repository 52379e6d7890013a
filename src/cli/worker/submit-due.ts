import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { exitCodes, FixableError, KnownError } from '../../messages/known-error.ts'
import { storeDirectoryName } from '../../messages/store-place.ts'
import { makeRunId } from '../../run/run-id.ts'
import { copyNeeded } from '../../store/copy-needed.ts'
import type { Database } from '../../store/database.ts'
import { StoreOfRuns } from '../../store/run-store.ts'
import { type DueSchedule, giveBackDue, noteLastTime, type Schedule, takeDue } from '../../store/schedules.ts'
import { isAway } from '../../store/store-error.ts'
import { runInput } from '../handlers/run.ts'
import type { RunOrg } from '../org.ts'
import { exitCodeOf } from '../report-error.ts'
import type { WorkerOptions } from './worker.ts'

/** How long after its time a job is tried again if Okta, the network or the disk stood in the way. */
const tryAgainMs = 6 * 3_600_000

/**
 * Submits the jobs of schedules that are due, as `submit --yes` would. A run's id tells the time that was due, so that
 * it is submitted once, whoever dies. What became of it is noted in the store.
 *
 * @throws the driver's error
 */
export async function submitDue(options: WorkerOptions): Promise<void> {
  const { database, orgs, stop } = options
  while (stop.reason === null) {
    const due = await takeDue(database, [...orgs.keys()])
    if (due === null) return
    await see(due, options)
  }
}

async function see(due: DueSchedule, options: WorkerOptions): Promise<void> {
  const { database, orgs, say } = options
  // Several orgs may have a job of the same name that is due at the same time.
  const runId = `${makeRunId(due.at, due.job)}-${due.id.slice(0, 8)}`
  try {
    const org = orgs.get(due.orgUrl)
    if (org !== undefined && !(await isSubmitted(database, runId))) await submit(due, runId, org, options)
    const run = (await isSubmitted(database, runId)) ? runId : null
    // A worker that ends leaves it to the next one.
    if (run === null && options.stop.reason !== null) return await giveBackDue(database, due)
    await noteLastTime(database, due, { run, error: null }, false)
  } catch (error) {
    if (isAway(error)) throw error
    const message = error instanceof KnownError ? `${error.message} → ${error.next}` : String(error)
    say(`${due.job}, due at ${due.at.toISOString()}: not submitted: ${message}`)
    const mayPass = error instanceof FixableError || exitCodeOf(error) === exitCodes.heldElsewhere
    const again = mayPass && Date.now() - due.at.getTime() < tryAgainMs
    await noteLastTime(database, due, { run: null, error: message }, again)
  }
}

/** Whether a run is one that workers may take or have taken. */
async function isSubmitted({ query }: Database, runId: string): Promise<boolean> {
  const statement = `SELECT 1 FROM okta_lifecycle.run WHERE run_id = $1 AND (wanted OR state <> 'new')`
  return (await query(statement, [runId])).length > 0
}

async function submit(
  { job, arguments: given }: Schedule,
  runId: string,
  org: RunOrg,
  { database, claimant }: WorkerOptions,
): Promise<void> {
  await inTemporaryDirectory(async (temporary) => {
    const runsDirectory = join(temporary, storeDirectoryName(database.url.shown))
    await mkdir(runsDirectory, { mode: 0o700 })
    await copyNeeded(database, runsDirectory, { kind: 'history', job })
    const input = typeof given.input === 'string' ? given.input : undefined
    await runInput(
      {
        ...given,
        'accept-refusals': given['accept-refusals'] === true,
        'accept-unusual': given['accept-unusual'] === true,
        'if-changed': given['if-changed'] === true,
        'run-id': runId,
        'runs-dir': runsDirectory,
        runStore: new StoreOfRuns(database, claimant, 'to_workers'),
        org: { ...org, budgetIn: database },
        database,
        sandbox: false,
        submit: true,
        drain: 0,
        yes: true,
        quiet: true,
        json: false,
      },
      input,
    )
  })
}
