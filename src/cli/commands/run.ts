import { basename, resolve } from 'node:path'
import { asCannotWrite, CannotWrite } from '../../files/cannot-write.ts'
import { readRows } from '../../input/read-rows.ts'
import { rowSettings } from '../../job/input-settings.ts'
import type { Job } from '../../job/job.ts'
import { type Prepared, prepare } from '../../job/prepare.ts'
import { type ExitCode, exitCodes, type FixableError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { checkInput } from '../../run/check-input.ts'
import { describeInput } from '../../run/describe-input.ts'
import { newRunFile } from '../../run/new-run.ts'
import {
  clearUnfinishedStart,
  createRunDirectory,
  endStart,
  hasJournal,
  removeRunDirectory,
} from '../../run/run-directory.ts'
import { type RunFile, sandboxOrgUrl, writeRunFile } from '../../run/run-file.ts'
import { checkRunId, makeRunId } from '../../run/run-id.ts'
import { withJobLock, withRunLocks } from '../../run/run-locks.ts'
import { type CarryOutOptions, carryOut } from '../carry-out.ts'
import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { configuredOrg, describeSandbox, newSandboxOrg, type RunOrg } from '../org.ts'
import { checkQuestion, confirmSending, describeSending } from '../terminal/confirm.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'
import { programVersion } from '../version.ts'

export const runCommand = defineCommand({
  usage: 'run [input]',
  describe: 'Carry out the actions of an input and report a result for each',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: {
    ...inputOptions,
    ...runsDirectoryOption,
    'run-id': {
      type: 'string',
      requiresArg: true,
      describe: 'Name of the run directory [default: time and job]',
    },
    sandbox: {
      type: 'boolean',
      default: false,
      describe: 'Use a simulated org with the users of the input',
    },
    ...sendingOptions,
    ...jsonOption,
  },
  examples: [
    ['$0 run --job jobs/offboarding.yaml --sandbox', 'Try a job on a simulated org'],
    ['$0 run leavers.csv --action suspend', 'Suspend the users of a file'],
    ['$0 run --job nightly.yaml --yes --quiet', 'Run unattended'],
  ],
  handler: async (args, input): Promise<ExitCode> => {
    const prepared = await prepare(input, args)
    checkQuestion(args.yes, prepared.source)
    const realOrg = args.sandbox ? null : await configuredOrg()
    const jobName = prepared.merge(null).name
    const runId = args['run-id'] === undefined ? makeRunId(new Date(), jobName) : checkRunId(args['run-id'])
    const stop = new StopSwitch()
    const fromJobFile = args.job !== undefined
    const runsDirectory = args['runs-dir']
    const start = { ...args, acceptRefusals: args['accept-refusals'], runId, prepared, fromJobFile, realOrg }
    const watch = { onWatch: say, signal: stop.signal }
    return await withStopHooks(stop, async () => {
      // The job's lock comes before the run's directory, so that a process without the lock leaves nothing behind.
      const job = fromJobFile && !args.sandbox ? jobName : null
      try {
        return await withJobLock(runsDirectory, job, runId, watch, async () => {
          const directory = await createRunDirectory(runsDirectory, runId)
          return await withRunLocks(directory, null, watch, (hold) =>
            runIn(directory, { ...start, stop }, { ...args, stop, hold, directory, say }),
          )
        })
      } catch (error) {
        if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
        const refused = asCannotWrite(error)
        throw refused === null || refused.advised ? error : startAgain(refused)
      }
    })
  },
})

interface StartOptions {
  readonly runId: string
  readonly prepared: Prepared
  readonly fromJobFile: boolean
  /** Null for a sandbox. */
  readonly realOrg: RunOrg | null
  readonly stop: StopSwitch
  readonly yes: boolean
  readonly acceptRefusals: boolean
}

/** Carries out the run in its own directory, and removes the directory if the run never began. */
async function runIn(
  directory: string,
  start: StartOptions,
  options: Omit<CarryOutOptions, 'run' | 'org'>,
): Promise<ExitCode> {
  const { stop } = start
  try {
    const { run, org } = await startRun(directory, start)
    return await carryOut({ ...options, run, org })
  } catch (error) {
    const removed = await removeUnlessBegun(directory)
    if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
    if (!removed) throw error
    // Also in place of other advice: there is no run to resume any more.
    const refused = asCannotWrite(error)
    throw refused === null ? error : startAgain(refused)
  }
}

/** The error of a start that left nothing behind. Only a {@link CannotWrite} may be about the place of the run. */
function startAgain(refused: FixableError): FixableError {
  const elsewhere = refused instanceof CannotWrite ? ', or choose another --runs-dir' : ''
  return refused.so(`${elsewhere}, then start again.`, exitCodes.nothingSent)
}

/**
 * Prepares the run: copies the input, checks every row, writes `run.json` and asks for the user's consent.
 *
 * @throws KnownError when the input can't be acted on, or the user says no
 */
async function startRun(directory: string, options: StartOptions): Promise<{ run: RunFile; org: RunOrg }> {
  const { prepared, realOrg, stop, yes } = options
  await clearUnfinishedStart(directory)
  const checked = await checkInput(prepared, directory)
  stop.check()
  const job = realOrg === null ? withoutOutsideFiles(checked.job, directory) : checked.job
  const run = newRunFile({
    ...options,
    now: new Date(),
    version: programVersion,
    checked: { ...checked, job },
    source: prepared.source,
    orgUrl: realOrg?.orgUrl ?? sandboxOrgUrl,
  })
  await writeRunFile(directory, run)
  await endStart(directory)
  for (const line of describeInput(checked)) say(line)
  say(describeSending(checked.survey, job, realOrg?.orgUrl ?? 'a sandbox'))
  if (!yes) await confirmSending(stop, 'Start again when you are ready.')
  stop.check()
  const { input, mapping } = checked
  const rows = readRows(input, mapping, rowSettings(job))
  const org = realOrg ?? (await newSandboxOrg(directory, rows, job))
  if (realOrg === null) say(describeSandbox(org))
  return { run: { ...run, confirmed: true }, org }
}

/** Keeps the links of a simulated org apart from real ones: in a file of the same name in the run directory. */
function withoutOutsideFiles(job: Job, directory: string): Job {
  const links = job.report.activation_links
  if (links === null) return job
  return { ...job, report: { activation_links: resolve(directory, basename(links)) } }
}

/** Removes the directory of a run that never began. Returns whether it did. */
async function removeUnlessBegun(directory: string): Promise<boolean> {
  if (await hasJournal(directory)) return false
  await removeRunDirectory(directory)
  return true
}
