import { mostSilent } from '../budget/pacer.ts'
import { type ExecutionEnd, execute } from '../engine/execution.ts'
import { asCannotWrite, CannotWrite, withNext } from '../files/cannot-write.ts'
import type { Holding } from '../files/hold/joint-hold.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { afterWork, type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import { describeNext, type StopSwitch } from '../messages/stop.ts'
import { Problems } from '../notify/problems.ts'
import { createOktaClient } from '../okta/client.ts'
import { OktaClock } from '../okta/clock.ts'
import { belongToServiceApp } from '../okta/credentials.ts'
import { scopesFor } from '../okta/oauth/scopes.ts'
import { openPlanOfRun } from '../plan/plan-of-run.ts'
import type { SavedPlan } from '../plan/saved-plan.ts'
import { renderSummary } from '../report/render-summary.ts'
import type { ReportRow } from '../report/report-row.ts'
import { removeStaleReports } from '../report/stale-reports.ts'
import { readRecordedHead, type Summary } from '../report/summary.ts'
import { writeReports } from '../report/write-reports.ts'
import { ActivationLinks, besidePath } from '../run/activation-links.ts'
import { checkHoldsLinks, displacedSince } from '../run/link-file.ts'
import { lookAtRun } from '../run/look-at-run.ts'
import { recordEnd } from '../run/record-end.ts'
import type { RunFile } from '../run/run-file.ts'
import { loggedSend, openRunLog } from '../run/run-log.ts'
import { checkRunScopes } from './check-run-scopes.ts'
import { writeMetrics } from './metrics-file.ts'
import { notify } from './notify.ts'
import type { RunOrg } from './org.ts'
import type { SentBefore } from './sent-before.ts'
import { sharedBudget } from './shared-budget.ts'
import type { StoreArguments } from './store-arguments.ts'
import { createProgress, silentProgress } from './terminal/progress.ts'
import { programVersion } from './version.ts'

export interface CarryOutOptions extends StoreArguments {
  readonly directory: string
  readonly run: RunFile
  readonly org: RunOrg
  readonly hold: Holding
  readonly stop: StopSwitch
  readonly quiet: boolean
  readonly json: boolean
  /** How many seconds a stop waits for calls under way. */
  readonly drain: number
  /** Where metrics are written; undefined: nowhere. */
  readonly 'metrics-file'?: string | undefined
  readonly say: (line: string) => void
  /** As in `ExecutionOptions`. */
  readonly sentBefore?: SentBefore | undefined
}

/**
 * One execution of a run, from its first call to its reports and the summary on standard output. The run must be held.
 *
 * @returns the exit code of the run
 */
export async function carryOut(options: CarryOutOptions): Promise<ExitCode> {
  const summary = await workOff(options, (done) =>
    process.stdout.write(options.json ? `${JSON.stringify(done, null, 2)}\n` : renderSummary(done)),
  )
  return summary.exit_code as ExitCode
}

/**
 * One execution of a run, from its first call to its reports. The run must be held.
 *
 * @param tell called with the summary before anybody outside is notified
 */
export async function workOff(
  options: Omit<CarryOutOptions, 'json'>,
  tell: (summary: Summary) => void,
): Promise<Summary> {
  const { directory, org, stop } = options
  try {
    const end = await executeRun(options, false)
    stop.retire()
    const again = commandFor('resume', runNameOf(directory))
    const problems = new Problems()
    const summary = await conclude(options, end, { again, exitCode: exitCodes.stoppedByGuard }, (row) =>
      problems.add(row),
    )
    await writeMetrics(options['metrics-file'], summary, Date.parse(summary.finished_at), options.say)
    tell(summary)
    // This comes last, because a receiver that does not answer takes up to a minute.
    await notify(
      options.run.job,
      summary,
      problems.found,
      commandFor('status', runNameOf(directory)),
      options.say,
    )
    return summary
  } catch (error) {
    throw withResume(error, directory)
  } finally {
    await org.close()
  }
}

/**
 * Adds the command that goes on with a run to an error, if the disk is what stopped the run.
 *
 * @returns the error to throw; any other error is unchanged
 */
export function withResume(error: unknown, directory: string): unknown {
  return withNext(error, `, then: ${commandFor('resume', runNameOf(directory))}`, exitCodes.stoppedByGuard)
}

/**
 * Settles the unsettled calls of a run, as `resume` would, and sends no lifecycle call. The run must be held. Tasks
 * that were not sent are left to do, and the run stays as it was stopped.
 *
 * @param again the command that a person types to try again: it settles the calls and then does its own work. Never
 *   `resume`, which would do the rest of the run
 * @throws KnownError when a stop comes before they are settled
 */
export async function settleRun(options: CarryOutOptions, again: string): Promise<RunFile> {
  let end: ExecutionEnd
  try {
    end = await executeRun(options, true)
    await conclude(options, end, { again, exitCode: exitCodes.stoppedByGuard })
  } catch (error) {
    throw withNext(error, `, then: ${again}`, exitCodes.stoppedByGuard)
  }
  const { stopped, run } = end
  if (stopped === null || options.stop.reason === null) return run
  throw new KnownError(
    `The unsettled calls of run ${run.run_id} could not be settled: ${stopped.message}`,
    again,
    stopped.exitCode,
  )
}

async function executeRun(
  options: Omit<CarryOutOptions, 'json'>,
  settleOnly: boolean,
): Promise<ExecutionEnd> {
  const { directory, run, org, stop, say, hold, drain, quiet } = options
  const { connection } = org
  checkRunScopes(org, run)
  const clock = options.sentBefore?.clock ?? new OktaClock()
  const { log, close: closeLog } = openRunLog(directory)
  const client = createOktaClient({
    connection,
    clock,
    connections: run.job.pace.concurrency + mostSilent,
    userAgent: `okta-lifecycle/${programVersion}`,
    scopes: scopesFor(run.job.guards),
    say,
    mayLeave: () => hold.valid,
    stopping: stop.signal,
  })
  const progress = quiet || settleOnly ? silentProgress() : createProgress(run.input.tasks)
  let links: ActivationLinks | null = null
  let plan: SavedPlan | null = null
  try {
    // The calls to settle were already sent under the plan, so it is not needed.
    plan = settleOnly ? null : await openPlanOfRun(directory, run)
    // The file is opened before the first call, because no call may create a link that can't be kept.
    const path = run.job.report.activation_links
    links = path === null ? null : await openLinks(path, run, say)
    await hold.ensure()
    await removeStaleReports(directory)
    log.info({ run: run.run_id, version: programVersion, settle_only: settleOnly }, 'Execution begins')
    const end = await execute({
      directory,
      run,
      recorded: await readRecordedHead(directory),
      hold,
      credentials: {
        orgUrl: connection.orgUrl,
        ofServiceApp: belongToServiceApp(connection.credentials),
      },
      openLedger: await sharedBudget(org, { ...takingOf(options), clock }),
      send: loggedSend(log, client.send),
      clock,
      requestTimeoutMs: connection.requestTimeoutMs,
      stop,
      drainMs: drain * 1000,
      acceptRefusals: run.accept_refusals === true,
      settleOnly,
      sentBefore: options.sentBefore,
      plan,
      links,
      onBegin: progress.begin,
      say,
    })
    log.info({ stopped: end.stopped?.message ?? null }, 'Execution ends')
    return end
  } finally {
    progress.end()
    // Nothing more is sent. Idle connections must not use up the open files that the reports need.
    await client.close()
    await links?.close()
    await plan?.close()
    closeLog()
  }
}

/** Under which claim a run takes part in a budget that it shares with others, and by which name. */
function takingOf({ directory, run, runStore }: Pick<CarryOutOptions, 'directory' | 'run' | 'runStore'>) {
  const claim = runStore?.claimOf(directory) ?? null
  return { claim, holder: `${run.run_id}/${claim?.epoch ?? 0}` }
}

/** @throws KnownError when the file, or the one beside it, can't take the run's links */
async function openLinks(path: string, run: RunFile, say: (line: string) => void): Promise<ActivationLinks> {
  const beside = besidePath(path, run.run_id)
  let at = beside
  try {
    await checkHoldsLinks(beside)
    at = path
    return await ActivationLinks.open(path, run, say)
  } catch (error) {
    if (!(error instanceof KnownError) || run.state === 'new') throw error
    throw displacedSince(at, error)
  }
}

/**
 * Writes the reports, the summary and the run's state.
 *
 * @param unwritten what to type, and the exit code, if they can't be written
 * @param onRow called with each row that is reported
 */
async function conclude(
  options: Omit<CarryOutOptions, 'json'>,
  end: ExecutionEnd,
  unwritten: { readonly again: string; readonly exitCode: ExitCode },
  onRow: (row: ReportRow) => void = () => {},
): Promise<Summary> {
  const { directory, org, stop } = options
  try {
    // A process that lost its hold while it was paused must not write over what its successor has written.
    const ensureHold = (): Promise<void> => options.hold.ensure()
    await ensureHold()
    await org.keep()
    if (end.journalMoved && end.stopped !== null) {
      // The whole directory may have been moved, and something else put in its place: that is not written to.
      const there = await lookAtRun(directory)
      if (there.kind === 'run' && there.run.run_id === end.run.run_id)
        await recordEnd(directory, { ...end.run, journal_end: end.journal }, end.stopped)
      await options.hold.elsewhere?.files()
      throw new KnownError(
        end.stopped.message,
        describeNext(end.stopped.advice, unwritten.again),
        end.stopped.exitCode,
      )
    }
    const summary = await writeReports(directory, end.run, end, { beforeCommit: ensureHold, onRow })
    await ensureHold()
    await recordEnd(directory, end.run, end.stopped)
    await options.hold.elsewhere?.files()
    return summary
  } catch (error) {
    const refused = asCannotWrite(error)?.so(`, then: ${unwritten.again}`, unwritten.exitCode)
    const known = refused ?? (error instanceof KnownError ? afterWork(error) : null)
    if (known === null) throw error
    // After an execution that only settles, `end.stopped` may be the stop of an earlier one.
    const stopped = stop.reason === null ? null : end.stopped
    if (stopped === null || !(known instanceof CannotWrite)) throw known
    // The reason for the stop comes first, because writing failed after it. A full disk causes both.
    throw new KnownError(`${stopped.message}\n${known.message}`, known.next, stopped.exitCode, known)
  }
}
