import { dirname } from 'node:path'
import { withNext } from '../../files/cannot-write.ts'
import type { Hold } from '../../files/hold/hold.ts'
import { SentRecently } from '../../journal/sent-recently.ts'
import { commandFor, runNameOf } from '../../messages/commands.ts'
import { counted } from '../../messages/counted.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { readSummary } from '../../report/summary.ts'
import { beginRetry, type Retry } from '../../retry/begin-retry.ts'
import { hasUnsettled } from '../../retry/has-unsettled.ts'
import { retryRunFile } from '../../retry/retry-run-file.ts'
import { checkNotClosed, handOver, isTakenUp } from '../../run/closing.ts'
import { findRun } from '../../run/find-run.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { createRunDirectory, endStart, removeRunDirectory } from '../../run/run-directory.ts'
import { type RunFile, readRunFile, sandboxOrgUrl } from '../../run/run-file.ts'
import { makeRunId } from '../../run/run-id.ts'
import { lockedJob, withRunLocks } from '../../run/run-locks.ts'
import { answerFinished } from '../answer-finished.ts'
import { type CarryOutOptions, carryOut, settleRun } from '../carry-out.ts'
import { defineCommand } from '../command.ts'
import { confirmRun } from '../confirm-run.ts'
import { type GuardFlags, guardFlagsOf, withGuardFlags } from '../guard-flags.ts'
import { guardOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { checkSandboxKept, handOnSandboxOrg, orgOfRun } from '../org.ts'
import { canAsk, describeSending } from '../terminal/confirm.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'
import { programVersion } from '../version.ts'

export const retryCommand = defineCommand({
  usage: 'retry [run]',
  describe: 'Start a new run over what failed, is in doubt or was not run',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'in-doubt': {
      choices: ['keep', 'retry'] as const,
      requiresArg: true,
      describe: 'What to do with a reactivate that nothing can settle [default: as in the old run]',
    },
    ...guardOptions,
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 retry --latest', 'After fixing what was wrong'],
    [
      '$0 retry --latest --in-doubt retry',
      'Also repeat a reactivate if nothing shows whether it was applied',
    ],
  ],
  handler: async (args, name): Promise<ExitCode> => {
    const directory = await findRun(args['runs-dir'], name, args.latest)
    const stop = new StopSwitch()
    const watch = { onWatch: say, signal: stop.signal }
    return await withStopHooks(stop, async () => {
      try {
        // The job's lock is held to the end, because the new run belongs to the same job.
        const job = lockedJob(await readRunFile(directory))
        return await withRunLocks(directory, job, watch, (hold) =>
          retry(directory, hold, {
            ...args,
            ...guardFlagsOf(args),
            inDoubt: args['in-doubt'],
            stop,
            say,
            sentBefore: new SentRecently(),
          }),
        )
      } catch (error) {
        if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
        // An error of the new run has its own next command by now.
        const again = commandFor('retry', runNameOf(directory))
        throw withNext(error, `, then: ${again}`, exitCodes.stoppedByGuard)
      }
    })
  },
})

interface RetryOptions extends Omit<CarryOutOptions, 'directory' | 'run' | 'org' | 'hold'>, GuardFlags {
  readonly yes: boolean
  readonly inDoubt: 'keep' | 'retry' | undefined
}

/** Settles the unsettled calls of the old run, creates the new run, closes the old one and carries out the new one. */
async function retry(oldDirectory: string, oldHold: Hold, options: RetryOptions): Promise<ExitCode> {
  let old = await readRunFile(oldDirectory)
  if (await isTakenUp(oldDirectory, old)) await checkNotClosed(oldDirectory, old)
  const oldName = runNameOf(oldDirectory)
  if (!options.yes && !canAsk()) {
    throw new Refusal(
      'There is no terminal to ask the question on before sending.',
      commandFor('retry', oldName, '--yes'),
    )
  }
  await checkInputCopy(oldDirectory, old)
  await checkOrg(oldDirectory, old)
  const recorded = async () => (await readSummary(oldDirectory))?.journal ?? null
  if (await hasUnsettled({ directory: oldDirectory, run: old, recorded: await recorded() })) {
    say(`Run ${old.run_id} has unsettled calls. They are settled first, without sending a lifecycle call.`)
    const org = await orgOfRun(oldDirectory, old)
    try {
      await settleRun({ ...options, directory: oldDirectory, run: old, org, hold: oldHold })
    } finally {
      await org.close()
    }
    old = await readRunFile(oldDirectory)
  }
  const runId = makeRunId(new Date(), old.job.name)
  const directory = await createRunDirectory(dirname(oldDirectory), runId)
  const watch = { onWatch: say, signal: options.stop.signal }
  return await withRunLocks(directory, null, watch, async (hold) => {
    const from = { directory: oldDirectory, run: old, recorded: await recorded() }
    const run = await begin(from, { directory, runId }, options)
    if (run === null) {
      const summary = await readSummary(oldDirectory)
      return summary === null ? exitCodes.done : answerFinished(summary, options.json)
    }
    const org = await orgOfRun(directory, run)
    return await carryOut({ ...options, directory, run, org, hold })
  })
}

/**
 * Creates the new run and hands the old one over to it.
 *
 * @returns null if there is nothing left to do; the new directory is then removed
 */
async function begin(
  from: Parameters<typeof beginRetry>[0],
  to: Parameters<typeof beginRetry>[1],
  options: RetryOptions,
): Promise<RunFile | null> {
  const { stop } = options
  const old = from.run
  let begun = false
  try {
    const retry = await beginRetry(from, to)
    if (retry === null) {
      say(`Run ${old.run_id} has nothing to retry: no task failed, is in doubt or was not run.`)
      return null
    }
    const fresh = retryRunFile(old, to.runId, retry, options.inDoubt, programVersion, new Date())
    const run = withGuardFlags(fresh, options)
    say(describeRetry(old, retry, run))
    if (!options.yes) {
      const again = commandFor('retry', runNameOf(from.directory))
      await confirmRun(
        { ...to, run, orgDirectory: from.directory, again },
        { ...options, sent: options.sentBefore },
      )
    }
    stop.check()
    await handOver(from, { directory: to.directory, run }, () =>
      handOnSandboxOrg(from.directory, to.directory, old),
    )
    begun = true
    await endStart(to.directory)
    return run
  } finally {
    if (!begun) await removeRunDirectory(to.directory)
  }
}

/** Finds out before the old run is closed whether its org is the one that is set, or its simulated org still exists. */
async function checkOrg(directory: string, run: RunFile): Promise<void> {
  if (run.org_url === sandboxOrgUrl) await checkSandboxKept(directory, run)
  else await orgOfRun(directory, run)
}

/** Sentences about what will be sent and what will not. */
function describeRetry(old: RunFile, retry: Retry, { job }: RunFile): string {
  const { survey, inDoubt, superseded, invalidRows } = retry
  return [
    `The retry takes ${counted(retry.rows, 'row')} from run ${old.run_id}.`,
    describeSending(survey, job, old.org_url === sandboxOrgUrl ? 'a sandbox' : old.org_url),
    ...(inDoubt > 0 ? [`${counted(inDoubt, 'task')} in doubt: each is looked up in Okta first.`] : []),
    ...(superseded > 0
      ? [`${counted(superseded, 'row')} left out: later rows of the same users were carried out.`]
      : []),
    ...(invalidRows > 0
      ? [`${counted(invalidRows, 'row')} left out as bad: see failed.csv of the old run.`]
      : []),
  ].join('\n')
}
