import { join } from 'node:path'
import type { BucketReport } from '../budget/lane.ts'
import { createLocalLedger } from '../budget/ledger.ts'
import { Pacer } from '../budget/pacer.ts'
import type { Tally } from '../budget/tally.ts'
import { readRows } from '../input/read-rows.ts'
import { rowSettings } from '../job/input-settings.ts'
import type { JournalHead } from '../journal/journal-check.ts'
import type { RunState } from '../journal/journal-state.ts'
import { openJournal } from '../journal/open-journal.ts'
import { Recorder } from '../journal/recorder.ts'
import { ResultReader } from '../journal/result-reader.ts'
import type { StopReason, StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { OktaRequest } from '../okta/request.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { RefusalStreak } from '../rules/refusal-streak.ts'
import type { TaskResult } from '../rules/result.ts'
import { stopForCredentials } from '../rules/stop-reasons.ts'
import { columnMapping, inputFile } from '../run/input-of-run.ts'
import { journalFileName } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import type { ActivationLinks } from './activation-links.ts'
import { createRowQueue, executeRows } from './rows.ts'
import type { Services } from './services.ts'

export interface ExecutionOptions {
  readonly directory: string
  readonly run: RunFile
  /** Where the journal stood at the last stop; null before the first, or where it was not recorded. */
  readonly recorded: JournalHead | null
  readonly owner: TokenOwner
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly clock: OktaClock
  /** Counts all that `send` sends, from the execution's first call on. */
  readonly tally: Tally
  readonly requestTimeoutMs: number
  readonly stop: StopSwitch
  /** Where activation links go; null where the job asks for none. */
  readonly links: ActivationLinks | null
  /** Called once, when work begins, and for every result that is on disk. */
  readonly onBegin: (view: ExecutionView) => void
  readonly onResult: (result: TaskResult) => void
}

/** What progress can be read from while an execution is at work. */
export interface ExecutionView {
  readonly state: RunState
  readonly buckets: () => readonly BucketReport[]
}

/** How often what was sent so far is noted: an execution that is killed loses no more of the count than this. */
const tallyEveryMs = 5_000

/** How an execution ended. */
export interface ExecutionEnd {
  readonly state: RunState
  readonly buckets: readonly BucketReport[]
  /** How far the journal is on disk. */
  readonly journal: JournalHead
  /** Null where all tasks have a result. */
  readonly stopped: StopReason | null
}

/**
 * One process's work on a run, from what its journal says to the end or to a stop. The run's lock must be held.
 *
 * @throws KnownError where the journal is damaged or can't be opened, or the copy of the input can't be read
 */
export async function execute(options: ExecutionOptions): Promise<ExecutionEnd> {
  const { directory, run, recorded, stop, clock, tally } = options
  const { job } = run
  const { journal, state } = await openJournal(directory, run, recorded)
  const results = await ResultReader.open(join(directory, journalFileName))
  const { links } = options
  const pacer = new Pacer({
    concurrency: job.pace.concurrency,
    share: job.pace.share,
    clock,
    ledger: createLocalLedger(),
    earlierSends: (bucket) => earlierRequests(state, clock, bucket, job.read_first),
    workLeft: () => run.input.tasks - state.done,
  })
  stop.signal.addEventListener('abort', () => pacer.stop(), { once: true })
  const queue = createRowQueue(job.pace.concurrency)
  const services: Services = {
    job,
    owner: options.owner,
    send: async (request) => {
      const answer = await options.send(request)
      // At once, before the slot is free for another call that would be refused as well.
      if (answer.kind === 'answered' && answer.httpStatus === 401) stopForCredentials(stop, answer)
      return answer
    },
    pacer,
    clock,
    recorder: new Recorder(journal, state, options.onResult),
    stop,
    tally,
    links,
    sendPermission: new RefusalStreak(),
    readPermission: new RefusalStreak(),
    unreadable: new RefusalStreak(),
    requestTimeoutMs: options.requestTimeoutMs,
    begunAt: clock.nowAtMost(),
    parked: queue.parked,
    random: Math.random,
  }
  let tallying: NodeJS.Timeout | undefined
  try {
    await services.recorder.record({ event: 'execution', at: new Date().toISOString() })
    tallying = setInterval(() => services.recorder.note({ event: 'tally', ...tallyNow(tally) }), tallyEveryMs)
    options.onBegin({ state, buckets: () => pacer.report() })
    const rows = readRows(inputFile(directory, run), columnMapping(run), {
      ...rowSettings(job),
      format: run.input.format,
    })
    await executeRows(services, queue, rows, results)
    clearInterval(tallying)
    pacer.stop()
    // Who interrupts a run whose last task has just ended has interrupted nothing.
    const complete = stop.reason?.state === 'interrupted' && state.done === run.input.tasks
    const stopped = complete ? null : stop.reason
    services.recorder.note({
      event: 'stopped',
      at: new Date().toISOString(),
      state: stopped?.state ?? 'finished',
      reason: stopped?.message ?? null,
      ...tallyNow(tally),
    })
    // What was noted is on disk once the journal is closed, and counts from then on.
    await journal.close()
    return { state, buckets: pacer.report(), journal: journal.head, stopped }
  } finally {
    clearInterval(tallying)
    pacer.stop()
    await results.close()
    await journal.close()
  }
}

function tallyNow({ requests, retries }: Tally): Pick<Tally, 'requests' | 'retries'> {
  return { requests, retries }
}

/**
 * When earlier executions sent requests in a bucket, by Okta's clock: what may still count in a window that is open. Reads
 * are not journalled, but what each led to is.
 */
function earlierRequests(
  state: RunState,
  clock: OktaClock,
  bucket: Bucket,
  readFirst: boolean,
): readonly number[] {
  // A copy: the state goes on noting what this execution sends.
  if (bucket === '/api/v1/users') return [...state.recentSends]
  if (bucket !== '/api/v1/users/{id}' || !readFirst) return []
  const ahead = clock.now() - Date.now()
  return state.recentReads.map((time) => time + ahead)
}
