import { basename } from 'node:path'
import { acquireLock } from '../../files/lock.ts'
import type { ExitCode } from '../../messages/known-error.ts'
import { exitCodes, KnownError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { readSummary } from '../../report/summary.ts'
import { checkNotClosed } from '../../run/closed.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { acquireJobLockOf } from '../../run/job-lock.ts'
import { findRun } from '../../run/run-directory.ts'
import { type RunFile, readRunFile } from '../../run/run-file.ts'
import { answerFinished } from '../answer-finished.ts'
import { defineCommand } from '../command.ts'
import { withGuardFlags } from '../guard-flags.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { orgOfRun } from '../org.ts'
import { stillResumable } from '../still-resumable.ts'
import { stopOnClosedOutput } from '../terminal/closed-output.ts'
import { askYesNo, canAsk } from '../terminal/confirm.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { work } from '../work.ts'

export const resumeCommand = defineCommand({
  usage: 'resume [run]',
  describe: 'Go on with a run that was stopped or died',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
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
    const say = (line: string): void => {
      process.stderr.write(`${line}\n`)
    }
    const directory = await findRun(args['runs-dir'], name, args.latest)
    const begun = await readRunFile(directory)
    await checkNotClosed(directory, begun)
    // A finished run is told as it is, also while another one of its job is at work.
    const done = await tellFinished(directory, begun, args.json, say)
    if (done !== null) return done
    const stop = new StopSwitch()
    const unhooks = [stopOnSignals(stop, say), stopOnClosedOutput(stop, say)]
    try {
      return await withLocks(directory, begun, async () => {
        // What it says under the lock is what counts; which job it is of never changes.
        const run = withGuardFlags(await readRunFile(directory), args['max-users'])
        await checkNotClosed(directory, run)
        const finished = await tellFinished(directory, run, args.json, say)
        if (finished !== null) return finished
        if (!run.confirmed && !args.yes) await confirm(run, stop)
        await checkInputCopy(directory, run)
        const org = await orgOfRun(directory, run)
        say(`Going on with run ${run.run_id}.`)
        const confirmed = { ...run, confirmed: true }
        return await work({ directory, run: confirmed, org, stop, quiet: args.quiet, json: args.json, say })
      })
    } catch (error) {
      if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
      throw stillResumable(error, basename(directory))
    } finally {
      for (const unhook of unhooks) unhook()
    }
  },
})

/** Works while it holds the job's lock, where the run has one, and the run's own: always taken in this order. */
async function withLocks<T>(directory: string, run: RunFile, work: () => Promise<T>): Promise<T> {
  const jobLock = await acquireJobLockOf(directory, run)
  try {
    const lock = await acquireLock(directory)
    try {
      return await work()
    } finally {
      await lock.release()
    }
  } finally {
    await jobLock?.release()
  }
}

/** Prints the summary of a finished run again, and gives its exit code; null where something may be left to do. */
async function tellFinished(
  directory: string,
  run: RunFile,
  json: boolean,
  say: (line: string) => void,
): Promise<ExitCode | null> {
  const summary = run.state === 'finished' ? await readSummary(directory) : null
  if (summary === null) return null
  say(`Run ${run.run_id} is finished: nothing is left to do.`)
  return answerFinished(summary, json)
}

/** Nobody has agreed to this run yet: its first process died before the question was answered. */
async function confirm(run: RunFile, stop: StopSwitch): Promise<void> {
  if (!canAsk()) {
    throw new KnownError(
      `Run ${run.run_id} was never confirmed, and the question can’t be asked: there is no terminal.`,
      `okta-lifecycle resume ${run.run_id} --yes`,
    )
  }
  const question = `Send up to ${run.input.tasks} calls for ${run.input.users} users in ${run.org_url}?`
  if (await askYesNo(question, stop.signal)) return
  stop.check()
  throw new KnownError('Nothing was sent.', `okta-lifecycle resume ${run.run_id}`, exitCodes.nothingSent)
}
