import { dirname } from 'node:path'
import { acquireLock, type Lock } from '../../files/lock.ts'
import { type ExitCode, exitCodes, KnownError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { readSummary } from '../../report/summary.ts'
import { beginRetry, type Retry } from '../../retry/begin-retry.ts'
import { checkNotClosed, isTakenUp } from '../../run/closed.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { acquireJobLockOf } from '../../run/job-lock.ts'
import { createRunDirectory, findRun, makeRunId, removeRunDirectory } from '../../run/run-directory.ts'
import { type RunFile, readRunFile, sandboxOrgUrl, writeRunFile } from '../../run/run-file.ts'
import { answerFinished } from '../answer-finished.ts'
import { defineCommand } from '../command.ts'
import { withGuardFlags } from '../guard-flags.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { checkSandboxKept, handOnSandboxOrg, orgOfRun } from '../org.ts'
import { stillResumable } from '../still-resumable.ts'
import { stopOnClosedOutput } from '../terminal/closed-output.ts'
import { askYesNo, canAsk, counted, describeSending } from '../terminal/confirm.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { programVersion } from '../version.ts'
import { work } from '../work.ts'

export const retryCommand = defineCommand({
  usage: 'retry [run]',
  describe: 'Take up in a new run what failed, is in doubt or was not run',
  positional: { name: 'run', describe: 'Run id or run directory' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    'in-doubt': {
      choices: ['keep', 'retry'] as const,
      requiresArg: true,
      describe: 'What becomes of a reactivate that nothing can settle [default: as the run was told]',
    },
    'max-users': inputOptions['max-users'],
    ...runsDirectoryOption,
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 retry --latest', 'Once what was wrong is fixed'],
    ['$0 retry --latest --in-doubt retry', 'Also reactivate again where nobody knows whether it was done'],
  ],
  handler: async (args, name): Promise<ExitCode> => {
    const say = (line: string): void => {
      process.stderr.write(`${line}\n`)
    }
    const oldDirectory = await findRun(args['runs-dir'], name, args.latest)
    const stop = new StopSwitch()
    const unhooks = [stopOnSignals(stop, say), stopOnClosedOutput(stop, say)]
    let jobLock: Lock | null = null
    try {
      // Before the runs' own, as everywhere; and until the end, since the new run is one of the same job.
      jobLock = await acquireJobLockOf(oldDirectory, await readRunFile(oldDirectory))
      const begun = await begin(oldDirectory, { ...args, stop, say })
      if (begun === null) {
        const summary = await readSummary(oldDirectory)
        return summary === null ? exitCodes.done : answerFinished(summary, args.json)
      }
      const { directory, run, release } = begun
      try {
        const org = await orgOfRun(directory, run)
        return await work({ directory, run, org, stop, quiet: args.quiet, json: args.json, say })
      } catch (error) {
        throw stillResumable(error, run.run_id)
      } finally {
        await release()
      }
    } catch (error) {
      if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
      throw error
    } finally {
      await jobLock?.release()
      for (const unhook of unhooks) unhook()
    }
  },
})

interface BeginOptions {
  readonly yes: boolean
  readonly 'in-doubt'?: 'keep' | 'retry' | undefined
  readonly 'max-users'?: number | undefined
  readonly stop: StopSwitch
  readonly say: (line: string) => void
}

interface Begun {
  readonly directory: string
  readonly run: RunFile
  release(): Promise<void>
}

/**
 * Lays the new run down and closes the old one, in an order in which no moment leaves two runs that may both send: the new
 * run's input and journal, the question, the steps of {@link checkNotClosed} with the new run's `run.json` between them.
 *
 * @returns null where nothing is left to do
 */
async function begin(oldDirectory: string, options: BeginOptions): Promise<Begun | null> {
  const { stop, say } = options
  const oldLock = await acquireLock(oldDirectory)
  try {
    const old = await readRunFile(oldDirectory)
    const runsDirectory = dirname(oldDirectory)
    if (await isTakenUp(oldDirectory, old)) await checkNotClosed(oldDirectory, old)
    if (!options.yes && !canAsk()) {
      throw new KnownError(
        'The question before sending can’t be asked: there is no terminal.',
        `okta-lifecycle retry ${old.run_id} --yes`,
      )
    }
    await checkInputCopy(oldDirectory, old)
    await checkOrg(oldDirectory, old)
    const recorded = (await readSummary(oldDirectory))?.journal ?? null
    const runId = makeRunId(new Date(), old.job.name)
    const directory = await createRunDirectory(runsDirectory, runId)
    const lock = await acquireLock(directory)
    let begun = false
    try {
      const retry = await beginRetry({ directory: oldDirectory, run: old, recorded }, { directory, runId })
      if (retry === null) {
        say(`Run ${old.run_id} has nothing to retry: no task failed, is in doubt or was not run.`)
        return null
      }
      const run = withGuardFlags(newRun(old, runId, retry, options['in-doubt']), options['max-users'])
      say(describeRetry(old, retry, run))
      if (!options.yes) await confirm(old, stop)
      stop.check()
      await writeRunFile(oldDirectory, { ...old, closed_by: runId })
      await handOnSandboxOrg(oldDirectory, directory, old)
      await writeRunFile(directory, run)
      begun = true
      const reason = `run ${runId} goes on from it`
      await writeRunFile(oldDirectory, { ...old, state: 'closed', reason, closed_by: runId })
      return { directory, run, release: () => lock.release() }
    } finally {
      if (!begun) {
        await removeRunDirectory(directory)
        await lock.release()
      }
    }
  } finally {
    await oldLock.release()
  }
}

/** Found out before the old run is closed: an org that can't be reached by this name, a simulated org that is lost. */
async function checkOrg(directory: string, run: RunFile): Promise<void> {
  if (run.org_url === sandboxOrgUrl) await checkSandboxKept(directory, run)
  else await orgOfRun(directory, run)
}

function newRun(old: RunFile, runId: string, retry: Retry, inDoubt: 'keep' | 'retry' | undefined): RunFile {
  const { job } = old
  return {
    ...old,
    run_id: runId,
    created_at: new Date().toISOString(),
    versions: { okta_lifecycle: programVersion(), node: process.version },
    job: {
      ...job,
      input: { ...job.input, format: retry.format },
      options: { ...job.options, in_doubt: inDoubt ?? job.options.in_doubt },
    },
    input: {
      ...old.input,
      ...retry.copy,
      format: retry.format,
      encoding: 'utf-8',
      rows: retry.rows,
      tasks: retry.tasks,
      users: retry.survey.distinctUsers,
    },
    owner: null,
    confirmed: true,
    retry_of: old.run_id,
    closed_by: undefined,
    state: 'new',
    reason: null,
  }
}

/** What is to be sent, and what is not, in sentences. */
function describeRetry(old: RunFile, retry: Retry, { job }: RunFile): string {
  const { survey, inDoubt, superseded, invalidRows } = retry
  return [
    `This takes up ${counted(retry.rows, 'row')} of run ${old.run_id}.`,
    describeSending(survey, job, old.org_url === sandboxOrgUrl ? 'a sandbox' : old.org_url),
    ...(inDoubt > 0 ? [`${counted(inDoubt, 'task')} in doubt: settled first, by what Okta shows.`] : []),
    ...(superseded > 0
      ? [`${counted(superseded, 'row')} not done any more: later rows of the same users were carried out.`]
      : []),
    ...(invalidRows > 0
      ? [`${counted(invalidRows, 'row')} that can’t be acted on left out: see failed.csv of the old run.`]
      : []),
  ].join('\n')
}

async function confirm(old: RunFile, stop: StopSwitch): Promise<void> {
  if (await askYesNo('Send them?', stop.signal)) return
  stop.check()
  throw new KnownError(
    'Nothing was sent: the question was not answered by yes.',
    `okta-lifecycle retry ${old.run_id}`,
  )
}
