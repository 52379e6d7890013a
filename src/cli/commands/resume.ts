import { takeSoundPart } from '../../journal/take-sound-part.ts'
import { commandFor, runNameOf } from '../../messages/commands.ts'
import { type ExitCode, KnownError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { forgetSummary, readSummary } from '../../report/summary.ts'
import { checkNotClosed } from '../../run/closing.ts'
import { findRun } from '../../run/find-run.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { journalOf } from '../../run/run-directory.ts'
import { type RunFile, readRunFile } from '../../run/run-file.ts'
import { lockedJob, withRunLocks } from '../../run/run-locks.ts'
import { answerFinished } from '../answer-finished.ts'
import { carryOut } from '../carry-out.ts'
import { defineCommand } from '../command.ts'
import { withGuardFlags } from '../guard-flags.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { orgOfRun } from '../org.ts'
import { askYesNo, canAsk } from '../terminal/confirm.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'

export const resumeCommand = defineCommand({
  usage: 'resume [run]',
  describe: 'Go on with a run that was stopped or died',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'take-sound-part': {
      type: 'boolean',
      default: false,
      describe: 'Go on from the sound part of a damaged or older journal; what it does not know is in doubt',
    },
    'max-users': inputOptions['max-users'],
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 resume --latest', 'Go on with the latest run'],
    ['$0 resume 20260901T020000000Z-nightly', 'Go on with a run by its id'],
  ],
  handler: async (args, name): Promise<ExitCode> => {
    const directory = await findRun(args['runs-dir'], name, args.latest)
    const begun = await readRunFile(directory)
    await checkNotClosed(directory, begun)
    // A finished run is shown as it is, also while another one of its job is at work.
    const done = await showFinished(directory, begun, args.json)
    if (done !== null) return done
    const stop = new StopSwitch()
    const watch = { onWatch: say, signal: stop.signal }
    return await withStopHooks(stop, async () => {
      try {
        return await withRunLocks(directory, lockedJob(begun), watch, async (hold) => {
          // What it says now is what counts; which job it is of never changes.
          const run = withGuardFlags(await readRunFile(directory), {
            maxUsers: args['max-users'],
            acceptRefusals: args['accept-refusals'],
          })
          await checkNotClosed(directory, run)
          const finished = await showFinished(directory, run, args.json)
          if (finished !== null) return finished
          if (!run.confirmed && !args.yes) await confirm(directory, run, stop)
          await checkInputCopy(directory, run)
          if (args['take-sound-part']) await cutJournal(directory, run)
          const org = await orgOfRun(directory, run)
          say(`Going on with run ${run.run_id}.`)
          return await carryOut({
            ...args,
            directory,
            run: { ...run, confirmed: true },
            org,
            hold,
            stop,
            say,
          })
        })
      } catch (error) {
        if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
        throw error
      }
    })
  },
})

/** Takes up the sound part of a damaged journal, and says what that means. */
async function cutJournal(directory: string, run: RunFile): Promise<void> {
  const recorded = (await readSummary(directory))?.journal ?? null
  const taken = await takeSoundPart(journalOf(directory, run, recorded), new Date())
  if (taken === null) {
    say('The journal has no damage that can be cut off: nothing was changed.')
    return
  }
  await forgetSummary(directory)
  say(
    `The journal was damaged: line ${taken.flaw.line} ${taken.flaw.what}. Its ${taken.lines} sound lines are taken up; ${taken.lostBytes} bytes behind them are kept in ${taken.keptAs}. What they said is not known any more: each task without a result is looked up before anything is sent for it.`,
  )
}

/** Prints the summary of a finished run again, and gives its exit code; null where something may be left to do. */
async function showFinished(directory: string, run: RunFile, json: boolean): Promise<ExitCode | null> {
  const summary = run.state === 'finished' ? await readSummary(directory) : null
  if (summary === null) return null
  say(`Run ${run.run_id} is finished: nothing is left to do.`)
  return answerFinished(summary, json)
}

/** Nobody has agreed to this run yet: its first process died before the question was answered. */
async function confirm(directory: string, run: RunFile, stop: StopSwitch): Promise<void> {
  const name = runNameOf(directory)
  if (!canAsk()) {
    throw new KnownError(
      `Run ${run.run_id} was never confirmed, and the question can't be asked: there is no terminal.`,
      commandFor('resume', name, '--yes'),
    )
  }
  const question = `Send up to ${run.input.tasks} calls for ${run.input.users} users in ${run.org_url}?`
  if (await askYesNo(question, stop.signal)) return
  stop.check()
  throw new KnownError('Nothing was sent.', commandFor('resume', name))
}
