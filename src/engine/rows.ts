import PQueue from 'p-queue'
import { PacerStopped } from '../budget/pacer.ts'
import { asCannotWrite } from '../files/cannot-write.ts'
import type { InputRow, InvalidRow, NotSelectedRow, ValidRow } from '../input/row.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import { RunStopped } from '../messages/stop.ts'
import { normalizeUserKey } from '../okta/user.ts'
import type { TaskResult } from '../rules/result.ts'
import { unsentResult } from '../rules/unsent-result.ts'
import { leavesDoubt, runRow, signatureOf } from './row.ts'
import type { Services } from './services.ts'
import { UserOrder } from './user-order.ts'

/** How long a stop waits for what is under way. */
const drainMs = 30_000
/** Rows that may wait parked, for a doubt to settle or a transition to end, beside those at work. */
const mostParked = 5_000

/** The rows that are at work at once: some more than there are slots, so that a slot never waits for a read. */
export interface RowQueue {
  /** Starts a row once there is room. Resolves when the next may come. */
  add(work: () => Promise<void>): Promise<void>
  /** Waits without taking the place of a row at work. */
  parked<T>(wait: () => Promise<T>): Promise<T>
  idle(): Promise<void>
}

/** Rows at work for each slot: read, waiting for a permit, being prepared, sent, and being recorded. */
const rowsPerSlot = 5
const fewestRows = 32
/** Rows that may stand before the queue: once so many do, the input is read on when all have been let in. */
const rowsWaiting = 16

/** A queue for rows, bounded: memory does not grow with the input. */
export function createRowQueue(concurrency: number): RowQueue {
  const atWork = Math.max(fewestRows, concurrency * rowsPerSlot)
  const queue = new PQueue({ concurrency: atWork })
  let parkedRows = 0
  const adjust = (change: 1 | -1): void => {
    parkedRows += change
    queue.concurrency = atWork + Math.min(parkedRows, mostParked)
  }
  return {
    async add(work) {
      void queue.add(work)
      if (queue.size >= rowsWaiting) await queue.onSizeLessThan(1)
    },
    async parked(wait) {
      adjust(1)
      try {
        return await wait()
      } finally {
        adjust(-1)
      }
    },
    async idle() {
      await queue.onIdle()
    },
  }
}

/**
 * Carries out the rows, in the input's order as far as users need it, each task to its result. Returns when all are done
 * or, after a stop, when what was under way has ended or its time is up.
 *
 * @throws what a programming error throws; whatever ends a run in order is told by the stop switch instead
 */
export async function executeRows(
  services: Services,
  queue: RowQueue,
  rows: AsyncIterable<InputRow>,
  results: ResultReader,
): Promise<void> {
  const order = new UserOrder(services.parked)
  const failures: unknown[] = []
  const guarded = (work: () => Promise<void>) => async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      noteFailure(services, failures, error)
    }
  }
  try {
    for await (const row of rows) {
      if (services.stop.reason !== null) break
      const recorded = await recordedResults(services, results, row)
      if (row.kind !== 'valid') {
        if (recorded.length === 0)
          await queue.add(guarded(() => services.recorder.result(invalidResult(row))))
        continue
      }
      if (recorded.length === row.actions.length) {
        const userId = finishedUser(services, row, recorded)
        const trace = { signature: signatureOf(row), inDoubt: recorded.some(leavesDoubt) }
        if (userId !== null) order.remember(userId, trace)
        continue
      }
      const place = order.enter(row.user)
      await queue.add(guarded(() => runRow(services, row, place, recorded)))
    }
  } catch (error) {
    // The input can't be read on: what is under way still ends in order.
    noteFailure(services, failures, error)
  }
  await drained(services, queue)
  const [failure] = failures
  if (failure !== undefined) throw failure
}

/** Under what the order of rows knows the user of a row that an earlier execution finished; null where it meant none. */
function finishedUser({ job }: Services, row: ValidRow, recorded: readonly TaskResult[]): string | null {
  if (!job.read_first) return normalizeUserKey(row.user)
  return recorded.find((result) => result.okta_user_id !== null)?.okta_user_id ?? null
}

async function recordedResults(
  services: Services,
  results: ResultReader,
  row: InputRow,
): Promise<readonly TaskResult[]> {
  const steps = row.kind === 'valid' ? row.actions.length : 1
  const recorded: TaskResult[] = []
  for (let step = 1; step <= steps; step++) {
    const position = services.recorder.state.resultPosition(row.row, step)
    if (position !== null) recorded.push(await results.read(position))
  }
  return recorded
}

/** Ends the run in order for what can be told to the user, and keeps what can't to be thrown. */
function noteFailure({ stop }: Services, failures: unknown[], error: unknown): void {
  if (error instanceof RunStopped || error instanceof PacerStopped) return
  const known = error instanceof KnownError ? error : asCannotWrite(error)
  if (known === null) failures.push(error)
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message:
      known === null ? `Something unforeseen happened: ${String(error)}` : `${known.message} ${known.next}`,
  })
}

/** Waits for the rows at work; after a stop only for a bounded time. */
async function drained({ stop }: Services, queue: RowQueue): Promise<void> {
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
  // A stop that comes later has nothing to wait for, and would keep the process waiting all the same.
  stop.signal.removeEventListener('abort', begin)
  clearTimeout(timer)
}

/** The result of a row that can’t be acted on. */
export function invalidResult(row: InvalidRow | NotSelectedRow): TaskResult {
  const message = row.problems
    .map((problem) => (problem.column === null ? problem.message : `${problem.column}: ${problem.message}`))
    .join('; ')
  const { row: number, user, action } = row
  const task = { row: number, step: 1, user, action, reason: 'invalid_row', message } as const
  return unsentResult(task, new Date().toISOString())
}
