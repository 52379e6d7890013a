import { commandFor, runNameOf } from '../../messages/commands.ts'
import { type ExitCode, Refusal } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { nextStep } from '../../report/next-step.ts'
import { readRecordedHead, readSummaryOf, type Summary } from '../../report/summary.ts'
import { checkNotClosed, finishHandOver } from '../../run/closing.ts'
import { findRun } from '../../run/find-run.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { checkLinksPlace } from '../../run/links-place.ts'
import { checkJournalKept } from '../../run/lost-journal.ts'
import { checkNoCopy } from '../../run/run-copy.ts'
import { type RunFile, readRunFile } from '../../run/run-file.ts'
import { lockedJob, withRunLocks } from '../../run/run-locks.ts'
import { addSentBeforeRun } from '../../run/sent-by-runs.ts'
import { answerFinished } from '../answer-finished.ts'
import { type CarryOutOptions, carryOut, withResume } from '../carry-out.ts'
import { confirmRun } from '../confirm-run.ts'
import { cutJournal, isDamaged, reopened } from '../cut-journal.ts'
import { type GuardArguments, guardFlagsOf, withGuardFlags } from '../guard-flags.ts'
import { handToWorkers, orgHere } from '../hand-to-workers.ts'
import { withMetrics } from '../metrics-file.ts'
import { checkNotifyAddress } from '../notify.ts'
import { SentBefore } from '../sent-before.ts'
import { reportedRun, type StoreArguments } from '../store-arguments.ts'
import { canAsk } from '../terminal/confirm.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'

interface Arguments
  extends StoreArguments,
    Pick<CarryOutOptions, 'quiet' | 'json' | 'drain' | 'metrics-file'>,
    GuardArguments {
  readonly latest: boolean
  readonly 'take-sound-part': boolean
  readonly yes: boolean
  readonly 'runs-dir': string
}

/** See `commands/resume.ts`. */
export async function resumeRun(args: Arguments, name: string | undefined): Promise<ExitCode> {
  return await withMetrics(args['metrics-file'], async () => await resumeChecked(args, name))
}

async function resumeChecked(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const place = await findRun(args['runs-dir'], name, args.latest)
  const { directory } = place
  const begun = await readRunFile(directory)
  await checkNoCopy(directory, begun, 'resume')
  await checkNotClosed(place, begun, 'resume')
  await checkJournalKept(directory, begun, await readRecordedHead(directory))
  // A finished run needs no hold: its summary is shown even while another run of the job is at work.
  const done = await showFinished(directory, begun, args)
  if (done !== null) return done
  const stop = new StopSwitch()
  const watch = { onWatch: say, signal: stop.signal, store: args.runStore }
  return await withStopHooks(stop, async () => {
    try {
      return await withRunLocks(directory, lockedJob(begun), watch, async (hold) => {
        // The run is read again, now that it is held. Its job never changes.
        const held = withGuardFlags(await readRunFile(directory), guardFlagsOf(args))
        await checkNotClosed(place, held, 'resume')
        await checkJournalKept(directory, held, await readRecordedHead(directory))
        const finished = await showFinished(directory, held, args)
        if (finished !== null) return finished
        await args.runStore?.checkNotGoneOn(directory, held)
        await args.runStore?.checkNotRestored(directory, held, args['take-sound-part'])
        let run = await reopened(directory, held)
        await finishHandOver(directory, run)
        const sentBefore = new SentBefore()
        await addSentBeforeRun(sentBefore, { directory, run })
        const asks = !run.confirmed && !args.yes
        if (asks) checkConfirmable(directory, run)
        await checkInputCopy(directory, run)
        await checkLinksPlace(directory, run, commandFor('resume', runNameOf(directory)))
        checkNotifyAddress(run.job)
        if (args['take-sound-part'])
          run = await cutJournal(directory, run, hold, { ...args, command: 'resume' })
        if (asks) {
          const again = commandFor('resume', runNameOf(directory))
          await confirmRun(
            { directory, run, orgDirectory: directory, again },
            { ...args, stop, say, sent: sentBefore },
          )
        }
        const org = await orgHere(args, directory, run)
        if (org === null) return await handToWorkers(args.runStore, directory, run)
        say(`Going on with run ${run.run_id}.`)
        return await carryOut({
          ...args,
          directory,
          run: { ...run, confirmed: true },
          org,
          hold,
          stop,
          say,
          sentBefore,
        })
      })
    } catch (error) {
      if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
      throw withResume(error, directory)
    }
  })
}

/**
 * Prints the summary of a finished run again and returns its exit code; null if something may be left to do, as when a
 * person wants to go on from the sound part of its damaged journal.
 *
 * @throws Refusal when its summary or its journal is missing
 */
async function showFinished(directory: string, run: RunFile, args: Arguments): Promise<ExitCode | null> {
  if (run.state !== 'finished') return null
  const name = runNameOf(directory)
  const summary = await readSummaryOf(directory, run)
  if (args['take-sound-part'] && (await isDamaged(directory, run))) return null
  if (summary === null) {
    throw new Refusal(
      `Run ${run.run_id} is finished, but its summary is missing, can't be read or is an older copy.`,
      `To write it again from the journal: ${commandFor('report', name)}`,
    )
  }
  say(`Run ${run.run_id} is finished. There is nothing left to do.`)
  const shown = await reportedRun(args, directory, run)
  return answerFinished(shown.put_back === true ? summaryOfPutBack(directory, summary) : summary, args.json)
}

/** The summary of a run that another one may have gone on from since. */
function summaryOfPutBack(directory: string, summary: Summary): Summary {
  const lostLinks = summary.lost_links ?? 0
  // Bad rows were never sent.
  const rowsToFeed = summary.control_totals?.bad ?? 0
  const isAllUndone = (summary.not_undone ?? []).length === 0
  const facts = { directory, stopped: null, isPutBack: true, ...summary, rowsToFeed, lostLinks, isAllUndone }
  return { ...summary, rows_to_feed: rowsToFeed, next: nextStep(facts) }
}

/** @throws Refusal when the question that the first process of this run left unanswered can't be asked */
function checkConfirmable(directory: string, run: RunFile): void {
  if (canAsk()) return
  throw new Refusal(
    `Run ${run.run_id} was never confirmed, and there is no terminal on which to ask.`,
    commandFor('resume', runNameOf(directory), '--yes'),
  )
}
