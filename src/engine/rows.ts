import { asCannotWrite } from '../files/cannot-write.ts'
import type { InputRow, ValidRow } from '../input/row.ts'
import type { OutcomeTable } from '../journal/outcome-table.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { type Advice, RunStopped } from '../messages/stop.ts'
import type { TaskResult } from '../rules/result.ts'
import { refusedResult } from '../rules/unsent-result.ts'
import type { Place, UserOrder } from '../rules/user-order.ts'
import type { Services } from '../task/services.ts'
import { isRefused, resultsIfLeft } from './done-rows.ts'
import { runRow } from './row.ts'
import type { RowQueue } from './row-queue.ts'

/** A row that waits for room. */
interface QueuedRow {
  readonly place: Place
  /** Its results so far. */
  readonly recorded: readonly TaskResult[]
}

/** How far the current pass has got in the input. */
interface Reach {
  /** The last step that the pass does, from 1. */
  lastStep: number
  /** Whether no other pass follows. */
  isLastPass: boolean
  /** The last row that was taken from the input, from 1; 0 before the first row. */
  row: number
  /** Whether the input has been read to its end. */
  ended: boolean
  /** Up to this row, from 1, what rows that were done before left for later ones is known; 0 before the first row. */
  learnt: number
  /** Rows that a probe began before their turn. */
  readonly early: Set<number>
  /** Rows that have begun and not ended. */
  readonly atWork: Set<number>
  /** Rows that were taken from the input and wait for room, each with its place in the order of its user. */
  readonly queued: Map<number, QueuedRow>
}

/** What {@link executeRows} works with. */
export interface RowsAtWork {
  readonly services: Services
  readonly queue: RowQueue
  readonly order: UserOrder
  readonly results: ResultReader
  /** How the tasks ended that had a result when the execution began. */
  readonly outcomes: OutcomeTable
  readonly reach: Reach
  /** Unexpected errors and lost holds that ended rows. The first one is thrown at the end. */
  readonly failures: unknown[]
  /** Called once no more rows come. */
  readonly onInputEnd: () => void
  /** How long a stop waits for calls under way. */
  readonly drainMs: number
}

/**
 * Carries out the rows, each task to its result. Rows of the same user keep the input's order. Returns when all are
 * done or, after a stop, when the rows at work have ended or their time is up.
 *
 * With the order `step`, there is one pass through the input for each step, and no pass begins before the previous one
 * has ended for all rows. An execution that goes on from an earlier one finds on disk which steps are done.
 *
 * @param rows reads the input from its beginning
 * @throws HoldLost when another process has taken the run over, and every unexpected error. Every other reason to end
 *   is in the stop switch
 */
export async function executeRows(work: RowsAtWork, rows: () => AsyncIterable<InputRow>): Promise<void> {
  const { services, order, reach } = work
  const { steps, order: by } = services.job
  const passes = by === 'step' && !services.settleOnly ? (steps?.length ?? 1) : 1
  for (let pass = 1; pass <= passes && services.lookup.stop.reason === null; pass++) {
    reach.lastStep = passes === 1 ? Number.POSITIVE_INFINITY : pass
    reach.isLastPass = pass === passes
    reach.row = 0
    reach.ended = false
    reach.learnt = 0
    reach.early.clear()
    order.clear()
    await executePass(work, rows())
  }
  // After a stop, rows may be left that still ask.
  if (work.queue.atWork === 0) forgetUsers(work)
}

/** Gives up what is known of the rows' users. It takes much memory in a large run, and the reports need some of it. */
function forgetUsers({ order, outcomes, services }: RowsAtWork): void {
  order.clear()
  outcomes.clear()
  services.meant.clear()
}

async function executePass(work: RowsAtWork, rows: AsyncIterable<InputRow>): Promise<void> {
  const { services, queue, order, reach } = work
  const { stop } = services.lookup
  const { failures } = work
  const guarded = (task: () => Promise<void>) => async (): Promise<void> => {
    try {
      await task()
    } catch (error) {
      noteFailure(services, failures, error)
    }
  }
  try {
    for await (const row of rows) {
      if (stop.reason !== null) break
      reach.row = row.row
      if (reach.early.has(row.row)) continue
      if (row.kind !== 'valid') {
        if (services.settleOnly || isRefused(work, row)) continue
        await queue.add(
          guarded(() => services.recorder.result(refusedResult(row, services.lookup.clock.timestamp()))),
        )
        continue
      }
      const recorded = await resultsIfLeft(work, row)
      if (recorded === null) continue
      const { state } = services.recorder
      if (services.settleOnly && state.lostSince === null && !state.isUnderWay(row.row)) continue
      reach.queued.set(row.row, { place: order.enter(row.user), recorded })
      await queue.add(
        guarded(async () => {
          const queued = reach.queued.get(row.row)
          reach.queued.delete(row.row)
          // A probe may have begun it while it waited for room.
          if (queued !== undefined) await beginRow(work, services, row, queued, reach.lastStep)
        }),
      )
    }
  } catch (error) {
    // The rest of the input can't be read. The rows at work still end cleanly.
    noteFailure(services, failures, error)
  }
  reach.ended = true
  work.onInputEnd()
  await drained(work)
  const [failure] = failures
  if (failure !== undefined) throw failure
}

/**
 * Whether the pass has come to a halt: the input has ended; or, at the end of a step or where there is no room for more
 * rows, nothing is under way but held rows and rows that wait for them.
 *
 * @param held how many rows are held
 */
export function isAtHalt({ reach, queue, order }: RowsAtWork, held: number): boolean {
  const isDone = reach.ended && queue.isEmpty
  // What is still looked into shows no more than users whom Okta has shown before, and may take minutes.
  if (isDone && reach.isLastPass) return true
  return queue.atWork <= held + order.waiting && (isDone || queue.isFull)
}

/** Runs a row's tasks up to a step, as {@link runRow}, and knows the row as one at work meanwhile. */
export async function beginRow(
  { reach }: RowsAtWork,
  services: Services,
  row: ValidRow,
  { place, recorded }: QueuedRow,
  lastStep: number,
): Promise<void> {
  reach.atWork.add(row.row)
  try {
    await runRow(services, row, place, recorded, lastStep)
  } finally {
    reach.atWork.delete(row.row)
  }
}

/**
 * Stops the run cleanly after an error. An unexpected error, or a lost hold, is kept and thrown at the end.
 * Work that has begun never ends with exit code 2, which means that nothing was sent.
 */
export function noteFailure({ lookup }: Pick<Services, 'lookup'>, failures: unknown[], error: unknown): void {
  if (error instanceof RunStopped) return
  const known = error instanceof KnownError ? error : asCannotWrite(error)
  const heldElsewhere = known?.exitCode === exitCodes.heldElsewhere
  if (known === null || heldElsewhere) failures.push(error)
  lookup.stop.turn({
    state: 'stopped',
    exitCode:
      known === null || known.exitCode === exitCodes.nothingSent ? exitCodes.stoppedByGuard : known.exitCode,
    message: known === null ? `An unexpected error stopped the run: ${String(error)}` : known.message,
    advice: adviceOf(known),
  })
}

function adviceOf(known: KnownError | null): Advice {
  if (known === null) return { kind: 'go_on' }
  if (known instanceof FixableError) return { kind: 'fix', fix: known.fix }
  return { kind: 'said', next: known.next }
}

/** Waits for the rows at work; after a stop only for a bounded time. */
async function drained({ services, queue, drainMs }: RowsAtWork): Promise<void> {
  const { stop } = services.lookup
  let timer: NodeJS.Timeout | undefined
  let begin = (): void => {}
  const timeUp = new Promise<void>((resolve) => {
    begin = () => {
      timer = setTimeout(resolve, drainMs)
    }
    if (stop.signal.aborted) begin()
    else stop.signal.addEventListener('abort', begin, { once: true })
  })
  await Promise.race([queue.idle(), timeUp])
  // Without this, a later stop would start the timer and keep the process waiting for nothing.
  stop.signal.removeEventListener('abort', begin)
  clearTimeout(timer)
}
