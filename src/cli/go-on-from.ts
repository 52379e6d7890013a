import { dirname, join } from 'node:path'
import { asCannotWrite, withNext } from '../files/cannot-write.ts'
import { exists } from '../files/exists.ts'
import type { Holding } from '../files/hold/joint-hold.ts'
import { removeFiles } from '../files/replacing-file.ts'
import type { Fence } from '../files/synced-appends.ts'
import { parseSystemError } from '../files/system-error.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { type ExitCode, exitCodes, Refusal } from '../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../messages/stop.ts'
import { reportAgain } from '../report/report-again.ts'
import { readRecordedHead } from '../report/summary.ts'
import { type ReportFormat, reportFormats } from '../report/write-reports.ts'
import { checkNotClosed, handOver, isTakenUp } from '../run/closing.ts'
import { findRun, type RunPlace } from '../run/find-run.ts'
import { hasUnsettled } from '../run/has-unsettled.ts'
import { checkInputCopy } from '../run/input-of-run.ts'
import { isOver, isResumable } from '../run/life.ts'
import { checkLinksPlace } from '../run/links-place.ts'
import { checkJournalKept } from '../run/lost-journal.ts'
import { checkNoNextRun } from '../run/next-run.ts'
import type { NextRun, OldRun } from '../run/old-run.ts'
import { checkNoCopy } from '../run/run-copy.ts'
import { createRunDirectory, endStart, removeRunDirectory } from '../run/run-directory.ts'
import { type RunFile, readRunFile, runFileName, sandboxOrgUrl } from '../run/run-file.ts'
import { makeRunId } from '../run/run-id.ts'
import { lockedJob, withRunLocks } from '../run/run-locks.ts'
import { addSentBeforeRun, addSentByRuns } from '../run/sent-by-runs.ts'
import { type CarryOutOptions, carryOut, settleRun } from './carry-out.ts'
import { confirmRun } from './confirm-run.ts'
import { cutJournal, isDamaged, reopened } from './cut-journal.ts'
import { type GuardFlags, withGuardFlags } from './guard-flags.ts'
import { handToWorkers, orgHere } from './hand-to-workers.ts'
import { checkNotifyAddress } from './notify.ts'
import { checkSandboxKept, handOnSandboxOrg, orgOfRun } from './org.ts'
import { SentBefore } from './sent-before.ts'
import type { StoreArguments } from './store-arguments.ts'
import { canAsk } from './terminal/confirm.ts'
import { say, withStopHooks } from './terminal/stop-hooks.ts'

const failedName = 'failed.csv'

/** A run that can begin, with what is said before the question. */
interface ReadyRun {
  readonly run: RunFile
  readonly said: readonly string[]
}

/** Nothing is left to do: no run begins and the old one is not closed. */
interface NothingToDo {
  readonly said: readonly string[]
  /** Writes the command's answer. */
  readonly end: () => Promise<ExitCode>
}

/** A command that begins a new run from an old one. */
export interface GoingOn {
  readonly command: 'retry' | 'undo'
  /** Writes what the new run needs besides its `run.json`. Does not change the old run. */
  readonly prepare: (from: OldRun, to: NextRun) => Promise<ReadyRun | NothingToDo>
}

/** The flags that such a command takes. */
export interface GoingOnFlags
  extends StoreArguments,
    Pick<CarryOutOptions, 'quiet' | 'json' | 'drain' | 'metrics-file'>,
    Pick<GuardFlags, 'acceptRefusals'> {
  readonly yes: boolean
  readonly latest: boolean
  readonly 'take-copy': boolean
  /** Whether what the undamaged part of the old run's journal shows is enough. Only `undo` takes it. */
  readonly 'take-sound-part'?: boolean
  readonly 'runs-dir': string
  readonly guards: GuardFlags
}

/** Whether this command may have sent anything. */
interface Progress {
  sending: boolean
}

interface GoingOnOptions extends GoingOnFlags, GoingOn, Pick<CarryOutOptions, 'stop' | 'say'> {
  readonly progress: Progress
  /** What the old run and the question's reads have sent lately: it counts for the run that follows. */
  readonly sentBefore: SentBefore
}

/**
 * Begins a new run from an old one: settles its unsettled calls, prepares the new run, asks for consent, closes the old
 * one, and carries out the new one.
 *
 * @param name the old run's id or directory
 */
export async function goOnFrom(
  going: GoingOn,
  name: string | undefined,
  flags: GoingOnFlags,
): Promise<ExitCode> {
  const place = await findRun(flags['runs-dir'], name, flags.latest)
  const { directory } = place
  const stop = new StopSwitch()
  const watch = { onWatch: say, signal: stop.signal, store: flags.runStore }
  const progress: Progress = { sending: false }
  return await withStopHooks(stop, async () => {
    try {
      // The job's lock is held to the end, because the new run belongs to the same job.
      const from = await readRunFile(directory)
      await checkNoCopy(directory, from, going.command)
      const job = lockedJob(from)
      return await withRunLocks(directory, job, watch, (hold) =>
        goOn(place, hold, { ...going, ...flags, stop, say, progress, sentBefore: new SentBefore() }),
      )
    } catch (error) {
      if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
      // An error of the new run has its own next command by now.
      const again = commandFor(going.command, runNameOf(directory))
      // What is wrong with a file stays wrong until somebody has corrected it; a disk that fails may not.
      const isRefusal = !progress.sending && isMisplaced(error)
      throw withNext(error, `, then: ${again}`, isRefusal ? exitCodes.nothingSent : exitCodes.stoppedByGuard)
    }
  })
}

/** The system's error codes for something else in the place of a file. */
const misplaced: ReadonlySet<string | undefined> = new Set(['ELOOP', 'EISDIR', 'ERR_FS_EISDIR', 'EFTYPE'])

function isMisplaced(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return misplaced.has(parseSystemError(error)?.code) || isMisplaced(error.cause)
}

async function goOn(oldPlace: RunPlace, oldHold: Holding, options: GoingOnOptions): Promise<ExitCode> {
  if (options['take-copy'] && options.runStore === undefined)
    throw new Refusal(
      '--take-copy is about a run of a store that was restored, and this run is kept in a directory.',
      'Leave out --take-copy, or name the store (--store)',
    )
  const { directory: oldDirectory } = oldPlace
  let old = await readRunFile(oldDirectory)
  await checkJournalKept(oldDirectory, old, await readRecordedHead(oldDirectory))
  if (await isTakenUp(oldPlace, old)) await checkNotClosed(oldPlace, old, options.command)
  await checkNoNextRun(oldPlace, old, options.command)
  if (!options.yes && !canAsk()) {
    throw new Refusal(
      'There is no terminal on which to ask before sending.',
      commandFor(options.command, runNameOf(oldDirectory), '--yes'),
    )
  }
  await checkInputCopy(oldDirectory, old)
  await options.runStore?.checkNotGoneOn(oldDirectory, old)
  const takesSoundPart = options['take-sound-part'] === true
  await options.runStore?.checkNotRestored(oldDirectory, old, takesSoundPart)
  await options.runStore?.checkNoneSince(oldDirectory, old, options.command, options['take-copy'])
  await checkOrg(options, oldDirectory, old)
  checkNotifyAddress(old.job)
  // An undo creates no activation links.
  if (options.command === 'retry') await checkLinksPlace(oldDirectory, old)
  const recorded = async () => await readRecordedHead(oldDirectory)
  if (takesSoundPart) old = await withSoundJournal(oldDirectory, old, oldHold, options)
  if (await hasUnsettled({ directory: oldDirectory, run: old, recorded: await recorded() })) {
    checkMayBegin(oldDirectory, old)
    say(`Run ${old.run_id} has unsettled calls. They are settled first, without sending a lifecycle call.`)
    const org = await orgOfRun(oldDirectory, old, options)
    try {
      const again = commandFor(options.command, runNameOf(oldDirectory))
      const sentBefore = new SentBefore(options.sentBefore.clock)
      await addSentBeforeRun(sentBefore, { directory: oldDirectory, run: old })
      const settling = { ...options, directory: oldDirectory, run: old, org, hold: oldHold, sentBefore }
      options.progress.sending = true
      await settleRun(settling, again)
      options.sentBefore.takeExhausted(sentBefore)
    } finally {
      await org.close()
    }
    old = await readRunFile(oldDirectory)
  }
  const runId = makeRunId(new Date(), old.job.name)
  const directory = await createRunDirectory(dirname(oldDirectory), runId)
  const watch = { onWatch: say, signal: options.stop.signal, store: options.runStore }
  const beginAndCarryOut = async (hold: Holding): Promise<ExitCode> => {
    const from = { directory: oldDirectory, run: old, recorded: await recorded() }
    await addSentByRuns(options.sentBefore, from)
    const begun = await begin(from, { directory, runId }, hold, options)
    if ('end' in begun) return await begun.end()
    options.progress.sending = true
    const org = await orgHere(options, directory, begun.run)
    if (org === null) return await handToWorkers(options.runStore, directory, begun.run)
    return await carryOut({ ...options, directory, run: begun.run, org, hold })
  }
  // R3: when the hold of the old run is lost, so is that of the new run.
  return await withRunLocks(directory, null, watch, beginAndCarryOut, [oldHold])
}

/**
 * A run of whose journal the sound part was taken up. One that is not over and has a sound journal is taken for an older
 * copy, which does not show what was sent since.
 */
async function withSoundJournal(
  directory: string,
  run: RunFile,
  hold: Holding,
  { runStore }: GoingOnOptions,
): Promise<RunFile> {
  const isLess = !isOver(run.state) || (await runStore?.isRestored(directory)) === true
  if (isLess || (await isDamaged(directory, run)))
    return await cutJournal(directory, await reopened(directory, run), hold, { runStore, command: 'undo' })
  say(`The journal of run ${run.run_id} shows no damage, so --take-sound-part changes nothing.`)
  return run
}

/** @throws Refusal for a run whose state contradicts its journal, for example after a half-restored backup */
function checkMayBegin(directory: string, { run_id: runId, state }: RunFile): void {
  if (isResumable(state)) return
  throw new Refusal(
    `${join(directory, runFileName)} says that run ${runId} is ${state}, but its journal has calls whose outcome nobody knows.`,
    'Restore both files from the same backup.',
  )
}

/** Creates the new run and hands the old one over to it. If there is nothing to do, the new directory is removed. */
async function begin(
  from: OldRun,
  to: NextRun,
  hold: Fence,
  { command, prepare, guards, yes, stop, quiet, sentBefore, tables }: GoingOnOptions,
): Promise<ReadyRun | NothingToDo> {
  let begun = false
  try {
    const ready = await prepare(from, to)
    for (const line of ready.said) say(line)
    if ('end' in ready) return ready
    const run = withGuardFlags(ready.run, guards)
    if (!yes) {
      const again = commandFor(command, runNameOf(from.directory))
      await confirmRun(
        { ...to, run, orgDirectory: from.directory, again },
        { stop, quiet, say, sent: sentBefore, tables },
      )
    }
    stop.check()
    const hasFailed = await exists(join(from.directory, failedName))
    await handOver(from, { directory: to.directory, run }, hold, async () => {
      // Its rows now belong to the new run: if the file were fed again as well, they would be done twice.
      await removeFiles(from.directory, [failedName])
      await handOnSandboxOrg(from.directory, to.directory, from.run)
    })
    begun = true
    const isCutOff = from.run.state === 'running'
    if (hasFailed || isCutOff) await reportClosed(from.directory, hold, isCutOff ? reportFormats : ['csv'])
    await endStart(to.directory)
    return { ...ready, run }
  } finally {
    if (!begun) await removeRunDirectory(to.directory)
  }
}

/**
 * Writes reports of a closed run again: `failed.csv` with only its bad rows, or all of them where its process died and has
 * written none, or only some.
 */
async function reportClosed(directory: string, hold: Fence, formats: readonly ReportFormat[]): Promise<void> {
  try {
    await reportAgain(directory, await readRunFile(directory), hold, new Set(formats))
  } catch (error) {
    if (asCannotWrite(error) === null) throw error
    // The new run need not wait for that.
    say(
      `Reports of the old run could not be written again. To try once more: ${commandFor('report', runNameOf(directory))}`,
    )
  }
}

/**
 * Checks, before the old run is closed, that its org is the one that is set, or that its simulated org still exists.
 */
async function checkOrg({ runStore, yes }: GoingOnOptions, directory: string, run: RunFile): Promise<void> {
  if (run.org_url === sandboxOrgUrl) await checkSandboxKept(directory, run)
  // A worker of the store goes on if nobody has to be asked here.
  else if (runStore === undefined || !yes) await orgOfRun(directory, run)
}
