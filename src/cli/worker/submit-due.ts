import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { prepare } from '../../job/prepare.ts'
import { exitCodes, FixableError, KnownError, Refusal } from '../../messages/known-error.ts'
import { storeDirectoryName } from '../../messages/store-place.ts'
import { makeRunId } from '../../run/run-id.ts'
import { copyNeeded } from '../../store/copy-needed.ts'
import { type DueSchedule, type Schedule, sayAgainEveryMs } from '../../store/schedule.ts'
import { isAway } from '../../store/store-error.ts'
import { StoreOfRuns } from '../../store/store-of-runs.ts'
import type { Tables } from '../../store/tables.ts'
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
  const { tables, orgs, stop } = options
  while (stop.reason === null) {
    const due = await tables.schedules.takeDue([...orgs.keys()])
    if (due === null) return
    // A worker that dies says nothing more, and the next one goes on with it.
    const saying = setInterval(() => {
      tables.schedules.keepTaken(due).catch(() => {})
    }, sayAgainEveryMs)
    try {
      await see(due, options)
    } finally {
      clearInterval(saying)
    }
  }
}

async function see(due: DueSchedule, options: WorkerOptions): Promise<void> {
  const { tables, orgs, say } = options
  // Several orgs may have a job of the same name that is due at the same time.
  const runId = `${makeRunId(due.at, due.job)}-${due.id.slice(0, 8)}`
  try {
    const org = orgs.get(due.orgUrl)
    if (org !== undefined && !(await isSubmitted(tables, runId)))
      await submit(due, runId, org, options).catch(async (error: unknown) => {
        // Another worker may have taken the schedule while this one was silent, and have submitted the run.
        if (isAway(error) || !(await isSubmitted(tables, runId))) throw error
      })
    const run = (await isSubmitted(tables, runId)) ? runId : null
    // A worker that ends leaves it to the next one.
    if (run === null && options.stop.reason !== null) return await tables.schedules.giveBack(due)
    await tables.schedules.noteLastTime(due, { run, error: null }, false)
  } catch (error) {
    if (isAway(error)) throw error
    const message = error instanceof KnownError ? `${error.message} → ${error.next}` : String(error)
    say(`${due.job}, due at ${due.at.toISOString()}: not submitted: ${message}`)
    const mayPass = error instanceof FixableError || exitCodeOf(error) === exitCodes.heldElsewhere
    const again = mayPass && Date.now() - due.at.getTime() < tryAgainMs
    await tables.schedules.noteLastTime(due, { run: null, error: message }, again)
  }
}

/** Whether a run is one that workers may take or have taken. */
async function isSubmitted({ runs }: Tables, runId: string): Promise<boolean> {
  const run = await runs.look(runId)
  return run !== null && (run.isWanted || run.state !== 'new')
}

/** @throws Refusal where the file is of another job by now, which has a schedule of its own or none */
async function checkJobName(
  job: string,
  given: Schedule['arguments'],
  input: string | undefined,
): Promise<void> {
  const { name } = (await prepare(input, given)).merge(null)
  if (name === job) return
  throw new Refusal(
    `Its file ${String(given.job)} names job ${JSON.stringify(name)} now.`,
    `okta-lifecycle submit --job ${String(given.job)} --every "15 2 * * *" --yes schedules that job in place of this one; --every never ends both.`,
  )
}

async function submit(
  { job, arguments: given }: Schedule,
  runId: string,
  org: RunOrg,
  { tables, claimant, announcements }: WorkerOptions,
): Promise<void> {
  await inTemporaryDirectory(async (temporary) => {
    const runsDirectory = join(temporary, storeDirectoryName(tables.url.shown))
    await mkdir(runsDirectory, { mode: 0o700 })
    await copyNeeded(tables, runsDirectory, { kind: 'history', job })
    const input = typeof given.input === 'string' ? given.input : undefined
    await checkJobName(job, given, input)
    await runInput(
      {
        ...given,
        'accept-refusals': given['accept-refusals'] === true,
        'accept-unusual': given['accept-unusual'] === true,
        'if-changed': given['if-changed'] === true,
        'run-id': runId,
        'runs-dir': runsDirectory,
        runStore: new StoreOfRuns({
          tables,
          claimant,
          left: 'to_workers',
          announce: (run) => announcements.announce(run),
        }),
        org: { ...org, budgetIn: tables },
        tables,
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
