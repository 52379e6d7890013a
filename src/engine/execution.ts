// Over 300 lines, because an execution is set up, begun and ended in this one place.

import type { BucketReport } from '../budget/lane.ts'
import type { Ledger, LedgerFacts } from '../budget/ledger.ts'
import { Tally } from '../budget/tally.ts'
import type { Holding } from '../files/hold/joint-hold.ts'
import { confirmed } from '../files/synced-appends.ts'
import { thisUser } from '../files/this-user.ts'
import { readRows } from '../input/read-rows.ts'
import type { InputRow } from '../input/row.ts'
import { rowSettings } from '../job/input-settings.ts'
import { goesOn } from '../job/step.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalHead } from '../journal/journal-check.ts'
import type { JournalEvent, Outlook } from '../journal/journal-event.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { lastStopOf } from '../journal/last-stop.ts'
import { openJournal } from '../journal/open-journal.ts'
import { Recorder } from '../journal/recorder.ts'
import { ResultReader } from '../journal/result-reader.ts'
import type { SentRecently } from '../journal/sent-recently.ts'
import { type CheckedGuards, checkGuards, type GuardedWork } from '../lookup/check-guards.ts'
import { openLookup } from '../lookup/lookup.ts'
import { type CredentialFacts, readTokenOwner } from '../lookup/read-owner.ts'
import type { RoleChecks } from '../lookup/role-checks.ts'
import { renderDuration } from '../messages/duration.ts'
import { afterWork } from '../messages/known-error.ts'
import { RunStopped, type StopReason, type StopSwitch } from '../messages/stop.ts'
import { type Bucket, lifecycleBucket } from '../okta/bucket.ts'
import type { OktaClient } from '../okta/client.ts'
import type { OktaClock } from '../okta/clock.ts'
import { FailureLimits, workedTooLong } from '../rules/failure-limits.ts'
import { nobodyProtected, type TokenOwner } from '../rules/guards.ts'
import type { PlanToFollow } from '../rules/planned.ts'
import type { TaskResult } from '../rules/result.ts'
import type { ActivationLinks } from '../run/activation-links.ts'
import { guardedInput } from '../run/guarded-input.ts'
import { columnMapping, inputFile } from '../run/input-of-run.ts'
import { jobDigest } from '../run/job-digest.ts'
import { moved } from '../run/life.ts'
import { withOwner } from '../run/owner.ts'
import { endStart, journalOf, journalPath } from '../run/run-directory.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import { atWork } from './at-work.ts'
import { earlierRequests } from './earlier-requests.ts'
import { unlessGivenUp } from './given-up.ts'
import { heldRows, outlookOf, Pace } from './outlook.ts'
import { requestsLeftOf } from './requests-left.ts'
import { createRowQueue } from './row-queue.ts'
import { executeRows, noteFailure } from './rows.ts'
import { underHold } from './under-hold.ts'
import { WorkSeen } from './work-seen.ts'

export interface ExecutionOptions {
  readonly directory: string
  readonly run: RunFile
  /** How far the journal was at the last stop; null before the first stop, or if it was not recorded. */
  readonly recorded: JournalHead | null
  readonly hold: Holding
  readonly credentials: CredentialFacts
  readonly send: OktaClient['send']
  readonly clock: OktaClock
  readonly requestTimeoutMs: number
  readonly stop: StopSwitch
  /** How long a stop waits for calls under way. */
  readonly drainMs: number
  /** Whether a person has said that refusals concern the users and not the token. */
  readonly acceptRefusals: boolean
  /** Whether the execution only settles unsettled calls and sends none. A retry does that first. */
  readonly settleOnly: boolean
  /** The saved plan that the run carries out; null if there is none, or if nothing is sent. */
  readonly plan: PlanToFollow | null
  /**
   * What this process sent before the execution, to prepare the question whether to begin. It counts in windows that
   * are still open.
   */
  readonly sentBefore?: SentRecently | undefined
  /**
   * Opens the ledger that the budget is kept in. `owner` gives the id of the token's owner, `none` if there is none, and
   * null as long as Okta has not shown it. Without this, the budget is kept in this process alone.
   */
  readonly openLedger?: ((facts: LedgerFacts, owner: () => string | null) => Ledger) | undefined
  /** Where activation links go; null if the job asks for none. */
  readonly links: ActivationLinks | null
  /** `onBegin` is called once, when work begins; `onResult`, if given, for every result, once it is on disk. */
  readonly onBegin: (view: ExecutionView) => void
  readonly onResult?: (result: TaskResult) => void
  readonly say: (line: string) => void
}

/** The source of the progress display while an execution is at work. */
export interface ExecutionView {
  readonly state: JournalState
  readonly buckets: () => readonly BucketReport[]
  /** How it is going, as of now. */
  readonly outlook: () => Outlook
}

/** How an execution ended. */
export interface ExecutionEnd {
  /** The run as `run.json` holds it now. Its end must still be written there. */
  readonly run: RunFile
  readonly state: JournalState
  readonly buckets: readonly BucketReport[]
  /** How far the journal is on disk. */
  readonly journal: JournalHead
  /** Null if all tasks have a result. */
  readonly stopped: StopReason | null
  /** Whether the journal was moved, replaced or cut short: what is at its path now says nothing about this run. */
  readonly journalMoved: boolean
}

type Counts = Pick<Extract<JournalEvent, { event: 'tally' }>, 'requests' | 'retries' | 'worked_ms'>

/** How often to check that the journal is still in its place. */
const lookEveryMs = 1_000

/** How often the counts are noted. A killed execution loses the counts of no more time than this. */
const tallyEveryMs = 5_000

/**
 * One process's work on a run, from the state in its journal to the end or to a stop. The run must be held.
 *
 * @throws KnownError when the journal is damaged or can't be opened, or the token belongs to another owner; HoldLost
 *   when another process takes the run over
 */
export async function execute(options: ExecutionOptions): Promise<ExecutionEnd> {
  const { directory, run, recorded, stop, clock, hold, sentBefore } = options
  const tally = new Tally()
  const begunAt = performance.now()
  const { journal, state, outcomes } = await openJournal(journalOf(directory, run, recorded), hold)
  // An execution that only settles does not go on with the run, so an earlier stop still holds.
  const before = options.settleOnly ? lastStopOf(state, run.input.tasks) : null
  const results = await ResultReader.open(journalPath(directory))
  const limits = failureLimits(run)
  const judge = (reason: StopReason | null): void => {
    if (reason !== null) stop.turn(reason)
  }
  const pace = new Pace()
  const seen = new WorkSeen(run)
  let roles: RoleChecks | null = null
  const onResult = (result: TaskResult): void => {
    pace.count(performance.now())
    seen.see(result)
    roles?.ended(result.okta_user_id)
    options.onResult?.(result)
  }
  const recorder = new Recorder(journal, state, onResult, (result) => judge(limits.see(result)))
  let tallying: NodeJS.Timeout | undefined
  const ledgers: Ledger[] = []
  const looking = setInterval(() => void journal.checkInPlace().catch(() => {}), lookEveryMs)
  const timeUp = stopAfter(run.job.guards.max_duration_seconds, stop)
  try {
    await recorder.record({
      event: 'execution',
      at: new Date().toISOString(),
      by: thisUser(),
      digests: {
        input: run.input.sha256,
        job: jobDigest(run.job),
        ...(run.plan === undefined ? {} : { plan: run.plan.sha256 }),
      },
      org: run.org_url,
      begun: {
        created_at: run.created_at,
        versions: run.versions,
        retry_of: run.retry_of ?? null,
        undo_of: run.undo_of ?? null,
        ...(run.earlier_runs === undefined ? {} : { earlier_runs: run.earlier_runs }),
      },
    })
    if (run.owner !== null) recorder.note({ event: 'owner', owner: run.owner })
    // Later executions and reports know only what the journal says.
    for (const [bucket, limit] of sentBefore?.limits ?? []) recorder.note({ event: 'limit', bucket, limit })
    let isPreparing = true
    const failures: unknown[] = []
    const onFailure = (cause: unknown): void => noteFailure({ lookup }, failures, cause)
    const send = underHold(options.send, { hold, journal, onFailure })
    const queue = createRowQueue(run.job.pace.concurrency, () => settleNow())
    let current = run
    const { openLedger } = options
    const lookup = openLookup({
      openLedger:
        openLedger &&
        ((facts) => {
          const ledger = openLedger(facts, () => ownerId(current))
          ledgers.push(ledger)
          return ledger
        }),
      orgUrl: options.credentials.orgUrl,
      concurrency: run.job.pace.concurrency,
      share: run.job.pace.share,
      ...earlierRequests(run.job, state, sentBefore, clock),
      workLeft: (bucket) => requestsLeft(bucket),
      onPermits: (bucket, count) =>
        recorder.note({
          event: 'permits',
          bucket,
          count,
          okta_time: clock.leaving(),
          ...(clock.known ? { okta_time_at_least: Math.floor(clock.nowAtLeast()) } : {}),
        }),
      onLimit: (bucket, limit) => recorder.note({ event: 'limit', bucket, limit }),
      send: async (request, mayLeave) => {
        const sent = send(request, mayLeave)
        // Once rows are at work, they wait for what is under way by themselves.
        const answer = await (isPreparing ? unlessGivenUp(sent, stop, options.drainMs) : sent)
        tally.request(request, answer)
        return answer
      },
      clock,
      stop,
      tally,
      parked: queue.parked,
      say: options.say,
    })
    let settleNow = (): void => {}
    let rowsHeld = (): number => 0
    const requestsLeft = requestsLeftOf(run, state, () => roles)
    const outlook = (): Outlook => {
      pace.see(performance.now(), state.done)
      const left = run.input.tasks - state.done
      const expected = (bucket: Bucket): number => requestsLeft(bucket) * seen.shareOf(bucket, state)
      const costs = {
        reads: expected('/api/v1/users/{id}'),
        calls: expected(lifecycleBucket),
        concurrency: run.job.pace.concurrency,
      }
      const held = heldRows(lookup.waits, queue.atWork, rowsHeld())
      return outlookOf(lookup.pacer.report(), left, costs, pace, clock.now(), held)
    }
    tallying = setInterval(() => {
      const now = { at: new Date().toISOString(), ...outlook() }
      recorder.note({ event: 'tally', ...countsOf(tally, begunAt), outlook: now })
    }, tallyEveryMs)
    // R1: a process that lost the hold while it asked Okta must not write over what its successor has written.
    const keep = async (changed: RunFile): Promise<void> => {
      await confirmed(hold)
      current = changed
      await writeRunFile(directory, changed)
      await hold.elsewhere?.files()
    }
    try {
      const owner = await readTokenOwner(lookup, options.credentials)
      // R2: nothing is sent before this is on disk.
      const known = {
        ...withOwner(run, owner, options.say),
        // An execution that dies leaves no other trace outside its journal and what is kept beside that.
        journal_begun: journal.head,
        ...(journal.keepsHead ? { journal_head: true } : {}),
      }
      const begun = moved(known, 'begin')
      if (run.owner === null && begun.owner !== null)
        await recorder.record({ event: 'owner', owner: begun.owner })
      await keep(begun)
      // A start that died after it had written run.json left its mark, which says that nothing was sent.
      await endStart(directory)
      options.onBegin({ state, buckets: () => lookup.pacer.report(), outlook })
      // An execution that only settles sends no lifecycle call, so it needs no guards.
      const checked = options.settleOnly ? nothingToGuard : await checkGuards(lookup, guardedWork(run, owner))
      roles = checked.roles
      if (!options.settleOnly && begun.input_passed !== true) {
        // This is on disk before the first call, because later runs of the job must know whom this one may have acted
        // on.
        await keep({ ...begun, input_passed: true })
      }
      const rows = (): AsyncIterable<InputRow> => rowsOf(directory, begun)
      const work = atWork(
        { ...options, run: begun },
        {
          lookup,
          recorder,
          results,
          outcomes,
          queue,
          owner,
          ...checked,
          failures: limits,
          judge,
        },
        rows,
      )
      settleNow = work.settle
      rowsHeld = work.held
      isPreparing = false
      await executeRows(work.rows, rows).catch((error: unknown) => {
        throw afterWork(error)
      })
    } catch (error) {
      if (!(error instanceof RunStopped)) throw error
    }
    if (failures.length > 0) throw failures[0]
    clearInterval(tallying)
    lookup.pacer.stop()
    for (const [bucket, until] of lookup.pacer.exhausted()) sentBefore?.showExhausted(bucket, until)
    // Otherwise the reports would be written into whatever has taken the place of the run's directory.
    await journal.checkInPlace()
    if (journal.isMoved) noteFailure({ lookup }, [], journal.failure)
    const stopped = reasonOf(stop, state, current) ?? (state.done === run.input.tasks ? null : before)
    recorder.note({
      event: 'stopped',
      at: new Date().toISOString(),
      state: stopped?.state ?? 'finished',
      reason: stopped?.message ?? null,
      ...(stopped === null ? {} : { exit_code: stopped.exitCode, advice: stopped.advice }),
      ...countsOf(tally, begunAt),
    })
    // Closing the journal brings the notes to disk. Only then do they count.
    await journal.close()
    const { head, isMoved: journalMoved } = journal
    return { run: current, state, buckets: lookup.pacer.report(), journal: head, stopped, journalMoved }
  } finally {
    clearInterval(tallying)
    clearInterval(looking)
    clearTimeout(timeUp)
    for (const ledger of ledgers) await ledger.close()
    await results.close()
    await closeQuietly(journal)
  }
}

function ownerId({ owner }: RunFile): string | null {
  return owner === null || owner === 'none' ? owner : owner.id
}

function failureLimits({ job }: RunFile): FailureLimits {
  const { max_failures: most, max_failure_rate: rate } = job.guards
  return new FailureLimits({ most, rate }, (step) => goesOn(job.steps, step))
}

/** The longest time that a timer can wait. No execution comes near it. */
const longestTimerMs = 2 ** 31 - 1

/** Stops an execution that has been at work for this many seconds; null: never. */
function stopAfter(seconds: number | null, stop: StopSwitch): NodeJS.Timeout | undefined {
  if (seconds === null) return undefined
  const reason = workedTooLong(renderDuration(seconds))
  return setTimeout(() => stop.turn(reason), Math.min(seconds * 1000, longestTimerMs))
}

async function closeQuietly(journal: Journal): Promise<void> {
  try {
    await journal.close()
  } catch {
    // The error that led here is the one to report.
  }
}

/** An interrupt after the last task has finished changes nothing, except in an execution that had not begun yet. */
function reasonOf(stop: StopSwitch, state: JournalState, run: RunFile): StopReason | null {
  const isOver = run.state === 'running' && state.done === run.input.tasks
  const complete = stop.reason?.state === 'interrupted' && isOver
  return complete ? null : stop.reason
}

function rowsOf(directory: string, run: RunFile): AsyncIterable<InputRow> {
  return readRows(inputFile(directory, run), columnMapping(run), {
    ...rowSettings(run.job),
    format: run.input.format,
  })
}

const nothingToGuard: CheckedGuards = { protect: nobodyProtected, roles: null }

function guardedWork(run: RunFile, owner: TokenOwner): GuardedWork {
  return { ...guardedInput(run), guards: run.job.guards, owner }
}

/** @param begunAt when the execution began, by the monotonic clock */
function countsOf({ requests, retries }: Tally, begunAt: number): Counts {
  return { requests, retries, worked_ms: Math.round(performance.now() - begunAt) }
}
