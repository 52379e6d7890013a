import { Tally } from '../budget/tally.ts'
import { ActivationLinks } from '../engine/activation-links.ts'
import { type ExecutionEnd, type ExecutionOptions, execute } from '../engine/execution.ts'
import { asCannotWrite, CannotWrite } from '../files/cannot-write.ts'
import { readTokenOwner } from '../lookup/read-owner.ts'
import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { createOktaClient, type OktaClient } from '../okta/client.ts'
import { OktaClock } from '../okta/clock.ts'
import { exitCodeOf } from '../report/exit-code.ts'
import { renderSummary } from '../report/render-summary.ts'
import { reportRows } from '../report/report-rows.ts'
import { summarize } from '../report/summarize.ts'
import { readSummary, writeSummary } from '../report/summary.ts'
import { writeResults } from '../report/write-results.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { guardRun } from '../rules/guards.ts'
import { expectedSkips } from '../rules/result.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import { openRunLog } from '../run/run-log.ts'
import type { RunOrg } from './org.ts'
import { createProgress, silentProgress } from './terminal/progress.ts'
import { programVersion } from './version.ts'

export interface WorkOptions {
  readonly directory: string
  readonly run: RunFile
  readonly org: RunOrg
  readonly stop: StopSwitch
  readonly quiet: boolean
  readonly json: boolean
  readonly say: (line: string) => void
}

/**
 * One execution of a run, from its first call to its reports and the summary on standard output. The run's lock must be
 * held.
 *
 * @returns the exit code of the run
 */
export async function work(options: WorkOptions): Promise<ExitCode> {
  const { directory, org, stop } = options
  const { log, close: closeLog } = openRunLog(directory)
  const clock = new OktaClock()
  const client = createOktaClient({
    connection: org.connection,
    clock,
    connections: options.run.job.pace.concurrency,
    userAgent: `okta-lifecycle/${programVersion()}`,
  })
  const tally = new Tally()
  const send: OktaClient['send'] = async (request) => {
    const answer = await client.send(request)
    tally.request(request, answer)
    if (!isPlainSuccess(answer))
      log.warn({ method: request.method, path: request.path, ...shown(answer) }, 'Answer')
    return answer
  }
  let links: ActivationLinks | null = null
  try {
    // Before the first call: links that can't be kept must not be made.
    links = await openLinks(options.run)
    const owner = await readOwner(options, send, () => clock.now())
    const run: RunFile = { ...withOwner(options.run, owner, options.say), state: 'running', reason: null }
    await writeRunFile(directory, run)
    const tooMany = guardRun(run)
    if (tooMany !== null) stop.turn(tooMany)
    log.info({ run: run.run_id, version: programVersion() }, 'Execution begins')
    const end = await sitWithProgress({ ...options, run }, { owner, clock, send, tally, links })
    stop.retire()
    log.info({ stopped: end.stopped?.message ?? null }, 'Execution ends')
    // Nothing more is sent: the reports shall not lack files that connections keep open.
    await client.close()
    return await conclude({ ...options, run }, end)
  } catch (error) {
    // What the reports meet is told already, by `conclude`.
    if (error instanceof CannotWrite && error.exitCode === exitCodes.someoneMustLook) throw error
    throw asCannotWrite(error)?.so(resumeFor(options.run), exitCodes.stoppedByGuard) ?? error
  } finally {
    await links?.close()
    await client.close()
    await org.close()
    closeLog()
  }
}

async function openLinks({ job, run_id: runId }: RunFile): Promise<ActivationLinks | null> {
  const path = job.report.activation_links
  return path === null ? null : await ActivationLinks.open(path, runId)
}

/** The token's owner. A run whose credentials are refused keeps the reason, and can be resumed with better ones. */
async function readOwner(
  { directory, run, org, stop }: WorkOptions,
  send: OktaClient['send'],
  oktaNow: () => number,
): Promise<TokenOwner> {
  try {
    return await readTokenOwner(org.connection.orgUrl, send, stop, oktaNow)
  } catch (error) {
    if (error instanceof KnownError && error.exitCode === exitCodes.refusedByOkta) {
      await keepReason(directory, { ...run, state: 'stopped', reason: error.message })
    }
    throw error
  }
}

/** Why a run stopped is told in any case; that it can't be kept as well does not hide it. */
async function keepReason(directory: string, run: RunFile): Promise<void> {
  try {
    await writeRunFile(directory, run)
  } catch (error) {
    if (!(error instanceof CannotWrite)) throw error
  }
}

/** What to do about a file of the run that can't be written. */
function resumeFor({ run_id: runId }: RunFile): string {
  return `, then: okta-lifecycle resume ${shellWord(runId)}`
}

async function sitWithProgress(
  { directory, run, org, stop, quiet }: WorkOptions,
  parts: Pick<ExecutionOptions, 'owner' | 'clock' | 'send' | 'tally' | 'links'>,
): Promise<ExecutionEnd> {
  const progress = quiet ? silentProgress() : createProgress(run.input.tasks, run.job.read_first ? 1 : 0)
  try {
    return await execute({
      ...parts,
      directory,
      run,
      recorded: (await readSummary(directory))?.journal ?? null,
      requestTimeoutMs: org.connection.requestTimeoutMs,
      stop,
      onBegin: progress.begin,
      onResult: progress.update,
    })
  } finally {
    progress.end()
  }
}

/** Writes the reports, the summary and the run's state, and prints the answer. */
async function conclude(options: WorkOptions, end: ExecutionEnd): Promise<ExitCode> {
  try {
    await options.org.keep()
    return await writeReports(options, end)
  } catch (error) {
    const refused = asCannotWrite(error)?.so(resumeFor(options.run), exitCodes.someoneMustLook)
    const known = refused ?? (error instanceof KnownError ? error : null)
    if (known === null) throw error
    if (end.stopped === null) throw known
    // Why the run stopped matters more than that its reports could not be written: a full disk is the cause of both.
    throw new KnownError(`${end.stopped.message}\n${known.message}`, known.next, end.stopped.exitCode, known)
  }
}

async function writeReports({ directory, run, json }: WorkOptions, end: ExecutionEnd): Promise<ExitCode> {
  const totals = await writeResults(directory, run.input.columns, reportRows(directory, run, end.state))
  const exitCode = end.stopped?.exitCode ?? exitCodeOf(totals, expectedSkips)
  const summary = summarize({ directory, run, end, totals, exitCode })
  await writeSummary(directory, summary)
  await writeRunFile(directory, {
    ...run,
    state: end.stopped?.state ?? 'finished',
    reason: end.stopped?.message ?? null,
  })
  process.stdout.write(json ? `${JSON.stringify(summary, null, 2)}\n` : renderSummary(summary))
  return exitCode
}

/** The run with its token's owner, which must be the one it was begun with. */
function withOwner(run: RunFile, owner: TokenOwner, say: (line: string) => void): RunFile {
  const found = owner ?? ('none' as const)
  if (run.owner === null) {
    if (owner === null) say('The token belongs to no user (a service app): there is no owner to protect.')
    return { ...run, owner: found }
  }
  const before = run.owner === 'none' ? 'no user' : run.owner.login
  const now = owner === null ? 'no user' : owner.login
  const same = run.owner === 'none' ? owner === null : owner?.id === run.owner.id
  if (same) return run
  throw new KnownError(
    `Run ${run.run_id} was begun with a token of ${before}; the token set now belongs to ${now}.`,
    'Set OKTA_CLIENT_TOKEN to a token of the same owner, then resume.',
    exitCodes.nothingSent,
  )
}

function isPlainSuccess(answer: Answer): boolean {
  return answer.kind === 'answered' && answer.httpStatus < 300 && answer.body.kind !== 'unreadable'
}

/** What the log may hold of an answer: never a body. */
function shown(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.kind === 'unanswered') return { code: answer.code, may_have_been_sent: answer.mayHaveBeenSent }
  const { httpStatus, error, requestId, rateLimit } = answer
  return {
    http_status: httpStatus,
    error_code: error?.errorCode,
    request_id: requestId,
    rate_limit: rateLimit,
  }
}
