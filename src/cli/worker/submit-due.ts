import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { nextDue } from '../../input/due/cron-times.ts'
import { prepare } from '../../job/prepare.ts'
import { exitCodes, FixableError, KnownError, Refusal } from '../../messages/known-error.ts'
import { storeDirectoryName } from '../../messages/store-place.ts'
import { makeRunId } from '../../run/run-id.ts'
import { copyNeeded } from '../../store/copy-needed.ts'
import {
  type DueSchedule,
  type KeptSchedule,
  type Schedule,
  sayAgainEveryMs,
  scheduleId,
} from '../../store/schedule.ts'
import { isAway, isOfStore } from '../../store/store-error.ts'
import { StoreOfRuns } from '../../store/store-of-runs.ts'
import type { Tables } from '../../store/tables.ts'
import { runInput } from '../handlers/run.ts'
import type { RunOrg } from '../org.ts'
import { exitCodeOf } from '../report-error.ts'
import type { WorkerOptions } from './worker.ts'

/** How long after its time a job is tried again if Okta, the network or the disk stood in the way. */
const tryAgainMs = 6 * 3_600_000

/** From here on, in ms, a clock is too far from the store's for what is announced by it. */
const clockApartMs = 30_000

/** After so long, in ms, a time that was due counts as not told. */
const tellWithinMs = 60_000
/** How far back a time that was not told is looked for, in ms. */
const lookBackMs = 2 * 3_600_000

/** How schedules stand, besides those that are announced as they should be. */
export interface KeptSchedules {
  /** Those that are never due: an earlier version took patterns that none is. */
  readonly neverDue: readonly Schedule[]
  /** How far this machine's clock is ahead of the store's, in ms; null if that does no harm. */
  readonly clockAheadMs: number | null
}

/**
 * Lets the schedules of a worker's orgs be announced as our own table has them. What announces them may have lost one, have
 * been told of a change that never came to the table, or go by the clock of a machine that was wrong. A machine whose clock
 * is far from the store's leaves that to others. A time that nobody was told of by then is noted as due all the same.
 *
 * @throws the driver's error
 */
export async function keepSchedules({
  tables,
  orgs,
  announcements,
}: Pick<WorkerOptions, 'tables' | 'orgs' | 'announcements'>): Promise<KeptSchedules> {
  const ours = (await tables.schedules.all()).filter(({ orgUrl }) => orgs.has(orgUrl))
  if (ours.length === 0) return { neverDue: [], clockAheadMs: null }
  const now = await tables.schedules.now()
  const ahead = Date.now() - now
  const isApart = Math.abs(ahead) > clockApartMs
  const neverDue: Schedule[] = []
  for (const schedule of ours) {
    const due = dueAfter(schedule, now)
    if (due === null) {
      neverDue.push(schedule)
      continue
    }
    const untold = untoldTime(schedule, now - tellWithinMs)
    if (untold !== null) await tables.schedules.noteDue(scheduleId(schedule), new Date(untold))
    if (isApart) continue
    try {
      await announcements.keepSchedule(scheduleId(schedule), schedule.pattern, schedule.timeZone, due)
    } catch (error) {
      // While a time that was told too early is being told, no other is taken.
      if (isOfStore(error)) throw error
    }
  }
  return { neverDue, clockAheadMs: isApart ? ahead : null }
}

/**
 * The last time that a schedule was due up to a moment, in epoch ms; null if it was seen to, or if that was long ago. No
 * clock of a worker is asked for it.
 */
function untoldTime(schedule: KeptSchedule, until: number): number | null {
  const seenTo = schedule.last.due === null ? 0 : Date.parse(schedule.last.due)
  let due: number | null = null
  let next = dueAfter(schedule, Math.max(schedule.since, seenTo, until - lookBackMs))
  while (next !== null && next <= until) {
    due = next
    next = dueAfter(schedule, next)
  }
  return due
}

/** When a schedule is due next, in epoch ms; null if it is never due. */
function dueAfter({ pattern, timeZone }: Schedule, after: number): number | null {
  try {
    return nextDue(pattern, timeZone, after)
  } catch {
    return null
  }
}

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
