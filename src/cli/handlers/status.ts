import { basename, dirname, join } from 'node:path'
import { exists } from '../../files/exists.ts'
import type { HoldReport } from '../../files/hold/observe.ts'
import type { RecordedHead } from '../../journal/journal-check.ts'
import type { Outlook } from '../../journal/journal-event.ts'
import { JournalState } from '../../journal/journal-state.ts'
import { replayJournal } from '../../journal/open-journal.ts'
import { commandFor, runNameOf } from '../../messages/commands.ts'
import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import { placeOfRun, storeOf } from '../../messages/store-place.ts'
import { nextStep, nothingLeft } from '../../report/next-step.ts'
import { reportedResults } from '../../report/report-row.ts'
import { readRecordedHead, readSummaryOf, type Summary } from '../../report/summary.ts'
import { findRun } from '../../run/find-run.ts'
import { isResumable } from '../../run/life.ts'
import { lookForRun } from '../../run/look-at-run.ts'
import { lossOfJournal } from '../../run/lost-journal.ts'
import { copyOf, describeCopy } from '../../run/run-copy.ts'
import { besideWork, hasJournal, journalOf } from '../../run/run-directory.ts'
import type { RunFile } from '../../run/run-file.ts'
import { type ShownState, shownState } from '../run-state.ts'
import { holdOf, type StoreArguments, whyItIsLeft } from '../store-arguments.ts'
import { etaOf, waitOf } from '../terminal/progress-lines.ts'

interface Arguments extends StoreArguments {
  readonly latest: boolean
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/status.ts`. */
export async function showStatus(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const { directory } = await findRun(args['runs-dir'], name, args.latest || name === undefined, true)
  const look = await lookForRun(directory)
  if (look.kind !== 'run')
    return showDamaged(args, directory, look.kind === 'none' ? `${directory} has no run.json.` : look.why)
  const { run } = look
  // Both are read before the journal, which may grow meanwhile.
  const summary = await readSummaryOf(directory, run)
  const found = await readRecordedHead(directory)
  const hold = await holdOf(args, directory)
  const recorded = hold.kind === 'working' ? besideWork(found) : found
  const loss = await lossOfJournal(directory, run, recorded)
  if (loss !== null) return showDamaged(args, directory, `The journal of run ${run.run_id} is ${loss}.`)
  const counts = countsOfSummary(run, summary) ?? (await countsOfJournal(directory, run, recorded))
  const copied = await copyOf(directory, run)
  const waits =
    hold.waits === true || (args.tables !== undefined && hold.kind === 'free' && isResumable(run.state))
  const restored = waits ? await whyItIsLeft(args, run) : null
  const waiting = restored ?? (waits && hold.waits === true ? await whyItWaits(args, run) : null)
  const status = describe(directory, { ...run, reason: waiting ?? run.reason }, counts, { ...hold, copied })
  const flags = restored === null ? [] : ['--take-sound-part']
  const next = copied === null ? await nextLines(directory, run, summary, status.state, flags) : []
  process.stdout.write(args.json ? `${JSON.stringify(status, null, 2)}\n` : render(status, next))
  return exitCodes.done
}

/** Why a run of a store waits; null if a worker takes it up any moment. */
async function whyItWaits({ tables }: Arguments, { run_id: runId }: RunFile): Promise<string | null> {
  if (tables === undefined) return null
  const { whyWaiting } = await import('../../store/why-waiting.ts')
  return await whyWaiting(tables, runId)
}

/** The answer for a damaged run: how far it got is not known. */
function showDamaged({ json }: Arguments, directory: string, reason: string): ExitCode {
  const { runId } = runNameOf(directory)
  const next = 'Restore the file from a backup'
  process.stdout.write(
    json
      ? `${JSON.stringify({ run_id: runId, state: 'damaged', reason, directory }, null, 2)}\n`
      : `Run ${runId} damaged: ${reason}\nDirectory: ${directory}\nNext: ${next}\n`,
  )
  return exitCodes.someoneMustLook
}

/** The answer of `status`. */
interface RunStatus {
  /** For a copy: the name of its directory. */
  readonly run_id: string
  /** The run that it is a copy of, under another name; null for every other run. */
  readonly copy_of: string | null
  readonly job: string
  readonly org: string
  readonly state: ShownState
  /** The host that holds the run, and how long ago it last gave a sign of life; null if nobody holds it. */
  readonly held_on: string | null
  readonly last_sign_seconds: number | null
  readonly reason: string | null
  readonly rows: number
  readonly tasks: number
  readonly done: number
  readonly results: Readonly<Record<string, number>>
  /** What the process at work said of itself in the last seconds; null if none is at work, or it has said nothing. */
  readonly per_minute: number | null
  readonly in_flight: number | null
  readonly eta_seconds: number | null
  readonly waiting: Outlook['waiting']
  readonly directory: string
}

/** No outlook of a run at work is older, unless the clock of its host differs from this one. */
const oldestOutlookMs = 10_000

type StatusCounts = Pick<RunStatus, 'done' | 'results'> & { readonly outlook: Outlook | null }

/** The counts of a finished run, from its summary, which is quick at any size; null for every other run. */
function countsOfSummary(run: RunFile, summary: Summary | null): StatusCounts | null {
  if (run.state !== 'finished' || summary === null) return null
  const { tasks, results } = summary
  const done = tasks - results.not_run - results.unsettled
  return { done, results: inOrder((name) => results[name]), outlook: null }
}

/** The counts of a run whose journal may say more than its summary. */
async function countsOfJournal(
  directory: string,
  run: RunFile,
  recorded: RecordedHead | null,
): Promise<StatusCounts> {
  const { counts, done, underWay, executions } = (await hasJournal(directory))
    ? (await replayJournal(journalOf(directory, run, recorded))).state
    : new JournalState(1)
  const { open: unsettled, applied } = underWay
  const pending: Readonly<Record<string, number>> = {
    succeeded: (counts.get('succeeded') ?? 0) + applied,
    not_run: run.input.tasks - done - unsettled - applied,
    unsettled,
  }
  return {
    done: done + applied,
    results: inOrder((name) => pending[name] ?? counts.get(name) ?? 0),
    outlook: asOfNow(executions.outlook ?? null),
  }
}

/** The outlook in the journal is some seconds old. Its ETA has become shorter by as much since then. */
function asOfNow(outlook: (Outlook & { readonly at: string }) | null): Outlook | null {
  if (outlook === null) return null
  const age = Math.min(Math.max(0, Date.now() - Date.parse(outlook.at)), oldestOutlookMs)
  const { eta_seconds: eta, waiting } = outlook
  return {
    ...outlook,
    eta_seconds: eta === null ? null : Math.max(0, Math.round(eta - age / 1000)),
    waiting: waiting !== null && Date.parse(waiting.until) > Date.now() ? waiting : null,
  }
}

function inOrder(countOf: (name: (typeof reportedResults)[number]) => number): StatusCounts['results'] {
  return Object.fromEntries(reportedResults.map((name) => [name, countOf(name)]))
}

function describe(
  directory: string,
  run: RunFile,
  { outlook, ...counts }: StatusCounts,
  hold: HoldReport & { readonly copied: string | null },
): RunStatus {
  const state = shownState(run, hold)
  const said = state === 'working' ? outlook : null
  return {
    run_id: hold.copied === null ? run.run_id : runNameOf(directory).runId,
    copy_of: hold.copied,
    job: run.job.name,
    org: run.org_url,
    state,
    held_on: hold.host,
    last_sign_seconds: hold.lastSignSeconds,
    reason: run.reason,
    rows: run.input.rows,
    tasks: run.input.tasks,
    ...counts,
    per_minute: said?.per_minute ?? null,
    in_flight: said?.in_flight ?? null,
    eta_seconds: said?.eta_seconds ?? null,
    waiting: said?.waiting ?? null,
    directory: placeOfRun(directory),
  }
}

/** What to type next, and where the report is. */
async function nextLines(
  directory: string,
  run: RunFile,
  summary: Summary | null,
  state: ShownState,
  flags: readonly string[],
): Promise<readonly string[]> {
  const name = runNameOf(directory)
  if (state === 'waiting') return ['Next: nothing. A worker that has credentials for the org takes it up.']
  if (state !== 'working' && run.closed_by !== undefined) {
    const next = commandFor('status', { ...name, runId: run.closed_by })
    return [
      // While it is not closed, it is still what it was if the other run never began.
      state === 'closed' || (await hasNext(directory, run.closed_by))
        ? `Next: another run goes on from this one: ${next}`
        : `Next: type again what was to go on from it: ${commandFor('retry', name)}, or ${commandFor('undo', name)}`,
    ]
  }
  if (state === 'died' || (state !== 'working' && isResumable(state)))
    return [`Next: ${commandFor('resume', name, ...flags)}`]
  if (state !== 'finished') return []
  const report = join(directory, 'report.html')
  if (storeOf(name.runsDirectory) !== null) return [`Reports: ${commandFor('report', name, '--out DIR')}`]
  if (summary === null || !(await exists(report)))
    return [`Next: to write its reports again: ${commandFor('report', name)}`]
  const next = nextStep({
    directory,
    stopped: null,
    ...summary,
    rowsToFeed: summary.rows_to_feed ?? 0,
    lostLinks: summary.lost_links ?? 0,
    isAllUndone: (summary.not_undone ?? []).length === 0,
  })
  return next === nothingLeft
    ? [`Report: ${report}`]
    : [`Next: ${next}`, `Report: ${report}`, `For an auditor: ${commandFor('evidence', name)}`]
}

/** Whether the run that was to go on from another one has begun, as far as can be seen beside it. */
async function hasNext(directory: string, by: string): Promise<boolean> {
  if (storeOf(runNameOf(directory).runsDirectory) !== null) return true
  return (await lookForRun(join(dirname(directory), basename(by)))).kind !== 'none'
}

function render(status: RunStatus, next: readonly string[]): string {
  const counts = Object.entries(status.results).filter(([, count]) => count > 0)
  const reason = status.reason === null ? '' : `: ${status.reason}`
  return [
    `Run ${status.run_id} (${status.job}, ${status.org}) ${status.state}${reason}`,
    `${status.done} of ${status.tasks} tasks have a result: ${counts.map(([name, count]) => `${count} ${name}`).join(', ')}`,
    ...renderOutlook(status),
    `${status.directory.startsWith('postgres') ? 'Store' : 'Directory'}: ${status.directory}`,
    ...(status.copy_of === null ? [] : [describeCopy(status.directory, status.copy_of)]),
    ...(status.held_on === null ? [] : [describeSign(status.held_on, status.last_sign_seconds)]),
    ...next,
    '',
  ].join('\n')
}

/** Uses the same words as the progress of the run itself. */
function renderOutlook({ per_minute, in_flight, eta_seconds, waiting }: RunStatus): readonly string[] {
  if (per_minute === null || in_flight === null) return []
  const eta = etaOf({ eta_seconds })
  return [
    [`${per_minute} a minute`, `${in_flight} in flight`, ...(eta === '' ? [] : [eta])].join(', '),
    ...waitOf({ waiting }),
  ]
}

function describeSign(host: string, seconds: number | null): string {
  return seconds === null ? `Held on ${host}, no sign of life yet` : `Last sign ${seconds} s ago on ${host}`
}
