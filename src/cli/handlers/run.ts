import { asCannotWrite, CannotWrite } from '../../files/cannot-write.ts'
import type { Holding } from '../../files/hold/joint-hold.ts'
import type { Fence } from '../../files/synced-appends.ts'
import { type InputArguments, type Prepared, prepare } from '../../job/prepare.ts'
import { type ExitCode, exitCodes, type FixableError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { checkScopes } from '../../okta/oauth/check-scopes.ts'
import { scopesFor } from '../../okta/oauth/scopes.ts'
import { checkNotDone } from '../../plan/plan-of-run.ts'
import { lookAtRun } from '../../run/look-at-run.ts'
import { checkNewId } from '../../run/next-run.ts'
import { createRunDirectory, hasJournal, hasStartMark, removeRunDirectory } from '../../run/run-directory.ts'
import { checkRunId, makeRunId } from '../../run/run-id.ts'
import { withJobLock, withPlanLock, withRunLocks } from '../../run/run-locks.ts'
import { type CarryOutOptions, carryOut, withResume } from '../carry-out.ts'
import { answerUnchanged, checkIfChanged } from '../if-changed.ts'
import { withMetrics, writeMetrics } from '../metrics-file.ts'
import { configuredOrg, type RunOrg } from '../org.ts'
import { checkWorldOfPlan, openPlanToRun, preparedByPlan } from '../planned-run.ts'
import { SentBefore } from '../sent-before.ts'
import { type PlannedRun, type StartOptions, startRun } from '../start-run.ts'
import type { StoreArguments } from '../store-arguments.ts'
import { submitRun } from '../submit-run.ts'
import { checkQuestion } from '../terminal/confirm.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'

interface Arguments extends RunArguments, InputArguments {
  readonly job?: string | undefined
  readonly plan?: string | undefined
}

/** See `commands/run.ts`. */
export async function runInput(args: Arguments, input: string | undefined): Promise<ExitCode> {
  checkIfChanged(args)
  return await withMetrics(args['metrics-file'], async () => await runChecked(args, input))
}

async function runChecked(args: Arguments, input: string | undefined): Promise<ExitCode> {
  if (args.plan === undefined) return await run(args, await prepare(input, args), null)
  const plan = await openPlanToRun(args.plan, input, { ...args })
  try {
    return await run(args, preparedByPlan(plan, args), { plan, path: args.plan })
  } finally {
    await plan.close()
  }
}

/** The arguments of `run` besides those that say what is done. */
interface RunArguments
  extends StoreArguments,
    Pick<CarryOutOptions, 'quiet' | 'json' | 'drain' | 'metrics-file'> {
  readonly yes: boolean
  readonly sandbox: boolean
  readonly job?: string | undefined
  readonly 'run-id'?: string | undefined
  readonly 'runs-dir': string
  readonly 'accept-refusals': boolean
  readonly 'accept-unusual': boolean
  readonly 'if-changed': boolean
  /** Whether the run is left to the workers of its store once it is confirmed. */
  readonly submit?: boolean | undefined
  /** The org; absent: the one of the settings. */
  readonly org?: RunOrg | undefined
}

async function run(args: RunArguments, prepared: Prepared, planned: PlannedRun | null): Promise<ExitCode> {
  checkQuestion(args.yes, prepared.source)
  const realOrg = args.sandbox ? null : (args.org ?? (await configuredOrg(args)))
  const { name: jobName, guards } = prepared.merge(null)
  if (realOrg !== null)
    checkScopes(realOrg.connection.credentials, scopesFor({ ...guards, protect_admins: false }))
  const runId = args['run-id'] === undefined ? makeRunId(new Date(), jobName) : checkRunId(args['run-id'])
  const stop = new StopSwitch()
  const fromJobFile = planned?.plan.head.from_job_file ?? args.job !== undefined
  const runsDirectory = args['runs-dir']
  const acceptRefusals = planned?.plan.head.accept_refusals ?? args['accept-refusals']
  // The reads for the question and those of the run share the rate-limit windows.
  const sentBefore = new SentBefore()
  const acceptUnusual = args['accept-unusual'] || planned?.plan.head.accept_unusual === true
  const start = {
    ...args,
    acceptRefusals,
    acceptUnusual,
    runsDirectory,
    runId,
    prepared,
    planned,
    fromJobFile,
    realOrg,
    stop,
    sentBefore,
  }
  const watch = { onWatch: say, signal: stop.signal, store: args.runStore }
  /** Holds the run's directory once calls may have been sent. */
  const begun: string[] = []
  return await withStopHooks(stop, async () => {
    const begin = async (held: readonly Fence[]): Promise<ExitCode> => {
      const directory = await createRunDirectory(runsDirectory, runId)
      try {
        if (args['run-id'] !== undefined) await checkNewId(runsDirectory, runId)
      } catch (error) {
        await removeRunDirectory(directory)
        throw error
      }
      const carryOut = (hold: Holding): Promise<ExitCode> =>
        runIn(directory, start, { ...args, stop, hold, directory, say, sentBefore }, () =>
          begun.push(directory),
        )
      return await withRunLocks(directory, null, watch, carryOut, held)
    }
    // The job's and the plan's locks are taken before the run's directory is created, so that a process that does not
    // get them leaves nothing behind.
    const job = fromJobFile && !args.sandbox ? jobName : null
    try {
      if (planned === null) return await withJobLock(runsDirectory, job, runId, watch, begin)
      const { plan } = planned
      const { plan_id: planId } = plan.head
      if (realOrg !== null) await checkWorldOfPlan(plan, realOrg, { stop, say, sent: sentBefore })
      const beginPlanned = async (held: readonly Fence[]): Promise<ExitCode> => {
        await checkNotDone(runsDirectory, planId)
        return await begin(held)
      }
      return await withJobLock(runsDirectory, job, runId, watch, (held) =>
        withPlanLock(runsDirectory, planId, runId, watch, beginPlanned, held),
      )
    } catch (error) {
      if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
      // To start again would do again what was done.
      const [directory] = begun
      if (directory !== undefined) throw withResume(error, directory)
      const refused = asCannotWrite(error)
      throw refused === null || refused.advised ? error : startAgain(refused)
    }
  })
}

/**
 * Carries out the run in its own directory, and removes the directory if the run never began.
 *
 * @param onBegin called before the first call may be sent
 */
async function runIn(
  directory: string,
  start: StartOptions,
  options: Omit<CarryOutOptions, 'run' | 'org'>,
  onBegin: () => void,
): Promise<ExitCode> {
  const { stop } = start
  try {
    const started = await startRun(directory, start)
    if (started.kind === 'started') {
      if (start.submit === true) return await submitRun({ ...options, ...started, runStore: start.runStore })
      await options.hold.elsewhere?.files()
      onBegin()
      return await carryOut({ ...options, ...started })
    }
    await removeUnlessBegun(directory)
    await writeMetrics(options['metrics-file'], started.summary, Date.now(), say)
    return answerUnchanged(started, options.json)
  } catch (error) {
    // What can't be looked at any more may have begun.
    const removed = await removeUnlessBegun(directory).catch(() => false)
    if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
    if (!removed) throw error
    // This replaces other advice, too: there is no run to resume any more.
    const refused = asCannotWrite(error)
    throw refused === null ? error : startAgain(refused)
  }
}

/**
 * The error of a start that left nothing behind. Another place for the run helps only after a {@link CannotWrite}.
 */
function startAgain(refused: FixableError): FixableError {
  const elsewhere = refused instanceof CannotWrite ? ', or choose another --runs-dir' : ''
  return refused.so(`${elsewhere}, then start again.`, exitCodes.nothingSent)
}

/**
 * Removes the directory of a run that never began. Returns whether it did. A missing journal alone does not show that a
 * run never began.
 */
async function removeUnlessBegun(directory: string): Promise<boolean> {
  if ((await hasJournal(directory)) || !(await isNew(directory))) return false
  await removeRunDirectory(directory)
  return true
}

async function isNew(directory: string): Promise<boolean> {
  const look = await lookAtRun(directory)
  return look.kind === 'run' ? look.run.state === 'new' : await hasStartMark(directory)
}
