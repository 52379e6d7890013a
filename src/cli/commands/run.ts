import { basename, resolve } from 'node:path'
import { asCannotWrite } from '../../files/cannot-write.ts'
import { acquireLock, type Lock } from '../../files/lock.ts'
import { readRows } from '../../input/read-rows.ts'
import { rowSettings } from '../../job/input-settings.ts'
import type { Job } from '../../job/job.ts'
import { type Prepared, prepare } from '../../job/prepare.ts'
import { type ExitCode, exitCodes, KnownError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { checkInput } from '../../run/check-input.ts'
import { acquireJobLock } from '../../run/job-lock.ts'
import {
  checkRunId,
  clearUnfinishedStart,
  createRunDirectory,
  hasJournal,
  makeRunId,
  removeRunDirectory,
} from '../../run/run-directory.ts'
import { type RunFile, sandboxOrgUrl, writeRunFile } from '../../run/run-file.ts'
import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, runsDirectoryOption, sendingOptions } from '../options.ts'
import { environmentOrg, newSandboxOrg, type RunOrg } from '../org.ts'
import { stopOnClosedOutput } from '../terminal/closed-output.ts'
import { askYesNo, canAsk, describeSending } from '../terminal/confirm.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { programVersion } from '../version.ts'
import { work } from '../work.ts'

export const runCommand = defineCommand({
  usage: 'run [input]',
  describe: 'Carry out the actions of an input, and report a result for each',
  positional: { name: 'input', describe: 'CSV, JSON or JSON lines; - reads standard input' },
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
      describe: 'Use a simulated org that holds the users of the input',
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
    const say = (line: string): void => {
      process.stderr.write(`${line}\n`)
    }
    const prepared = await prepare(input, args)
    checkQuestion(args.yes, prepared.source)
    const realOrg = args.sandbox ? null : environmentOrg()
    const jobName = prepared.merge('csv').name
    const runId = args['run-id'] === undefined ? makeRunId(new Date(), jobName) : checkRunId(args['run-id'])
    const stop = new StopSwitch()
    const unhooks = [stopOnSignals(stop, say), stopOnClosedOutput(stop, say)]
    const fromJobFile = args.job !== undefined
    const runsDirectory = args['runs-dir']
    try {
      // The job's lock before the run's directory: who is refused it leaves nothing behind.
      const locked = fromJobFile && !args.sandbox
      const jobLock = locked ? await acquireJobLock(runsDirectory, jobName, runId) : null
      try {
        const options = { ...args, runId, runsDirectory, prepared, fromJobFile, realOrg, stop, say }
        return await carryOut(options)
      } finally {
        await jobLock?.release()
      }
    } finally {
      for (const unhook of unhooks) unhook()
    }
  },
})

/** Carries out the run in a directory of its own, which is gone again where nothing was sent that could be resumed. */
async function carryOut(
  options: Omit<StartOptions, 'directory'> & {
    readonly runsDirectory: string
    readonly quiet: boolean
    readonly json: boolean
  },
): Promise<ExitCode> {
  const { runsDirectory, runId, stop, quiet, json, say } = options
  const directory = await createRunDirectory(runsDirectory, runId)
  const lock = await lockNewRun(directory)
  try {
    const started = await startRun({ ...options, directory })
    return await work({ ...started, directory, stop, quiet, json, say })
  } catch (error) {
    const removed = await removeUnlessResumable(directory, error)
    if (error instanceof RunStopped && stop.reason !== null) return stop.reason.exitCode
    if (removed) throw asCannotWrite(error)?.so(elsewhere, exitCodes.nothingSent) ?? error
    throw error
  } finally {
    await lock.release()
  }
}

interface StartOptions {
  readonly directory: string
  readonly runId: string
  readonly prepared: Prepared
  readonly fromJobFile: boolean
  /** Null for a sandbox. */
  readonly realOrg: RunOrg | null
  readonly stop: StopSwitch
  readonly yes: boolean
  readonly say: (line: string) => void
}

/**
 * Lays the run down: the copy of the input, the check of every row, `run.json`, and the user's consent.
 *
 * @throws KnownError where the input can't be acted on, or the user says no
 */
async function startRun(options: StartOptions): Promise<{ run: RunFile; org: RunOrg }> {
  const { directory, runId, prepared, realOrg, stop, yes, say } = options
  await clearUnfinishedStart(directory, runId)
  const checked = await checkInput(prepared, directory)
  stop.check()
  const { survey, mapping, input } = checked
  const job = realOrg === null ? withoutOutsideFiles(checked.job, directory) : checked.job
  const run: RunFile = {
    format: 1,
    run_id: runId,
    created_at: new Date().toISOString(),
    versions: { okta_lifecycle: programVersion(), node: process.version },
    job,
    from_job_file: options.fromJobFile,
    input: {
      name: prepared.source,
      ...checked.copy,
      format: job.input.format,
      encoding: input.encoding,
      rows: survey.rows,
      tasks: survey.tasks + survey.invalidRows,
      users: survey.distinctUsers,
      columns: [...mapping.columns],
      mapping: {
        user: mapping.user,
        action: mapping.action,
        send_email: mapping.sendEmail,
        addresses: mapping.addresses,
      },
    },
    org_url: realOrg?.orgUrl ?? sandboxOrgUrl,
    owner: null,
    confirmed: yes,
    state: 'new',
    reason: null,
  }
  await writeRunFile(directory, run)
  say(describeSending(survey, job, realOrg?.orgUrl ?? 'a sandbox'))
  if (!yes) await confirm(stop)
  stop.check()
  const rows = readRows(input, mapping, rowSettings(job))
  const org = realOrg ?? (await newSandboxOrg(directory, rows))
  if (realOrg === null)
    say(`This is a sandbox: a simulated org at ${org.connection.orgUrl}. Nothing real is touched.`)
  return { run: { ...run, confirmed: true }, org }
}

/** Links into a simulated org must not stand among real ones: they go to a file of the same name in the run directory. */
function withoutOutsideFiles(job: Job, directory: string): Job {
  const links = job.report.activation_links
  if (links === null) return job
  return { ...job, report: { activation_links: resolve(directory, basename(links)) } }
}

async function confirm(stop: StopSwitch): Promise<void> {
  if (await askYesNo('Send them?', stop.signal)) return
  stop.check()
  throw new KnownError(
    'Nothing was sent: the question was not answered by yes.',
    'Start again when you are ready.',
  )
}

/** A question that can't be asked is refused before anything is written. */
function checkQuestion(yes: boolean, source: string): void {
  if (yes || (canAsk() && source !== '-')) return
  throw new KnownError(
    source === '-' && canAsk()
      ? 'The question before sending can’t be asked while standard input is the input.'
      : 'The question before sending can’t be asked: there is no terminal.',
    'Add --yes to send without a question.',
  )
}

/** What to do where a run can't be laid down. */
const elsewhere = ', or choose another --runs-dir, then start again.'

async function lockNewRun(directory: string): Promise<Lock> {
  try {
    return await acquireLock(directory)
  } catch (error) {
    throw asCannotWrite(error)?.so(elsewhere, exitCodes.nothingSent) ?? error
  }
}

/** Takes away what never sent anything, unless it waits for better credentials. Returns whether it did. */
async function removeUnlessResumable(directory: string, error: unknown): Promise<boolean> {
  if (error instanceof KnownError && error.exitCode === exitCodes.refusedByOkta) return false
  if (await hasJournal(directory)) return false
  await removeRunDirectory(directory)
  return true
}
