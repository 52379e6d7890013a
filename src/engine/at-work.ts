import type { InputRow } from '../input/row.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { RefusalGate } from '../lookup/refusal-gate.ts'
import { settleGates } from '../lookup/settle-gates.ts'
import type { StopReason } from '../messages/stop.ts'
import type { FailureLimits } from '../rules/failure-limits.ts'
import { UserOrder } from '../rules/user-order.ts'
import { MeantUsers } from '../run/meant-users.ts'
import type { Services } from '../task/services.ts'
import { UnheardTasks } from '../task/unheard-tasks.ts'
import type { ExecutionOptions } from './execution.ts'
import { turnOf } from './probe-candidates.ts'
import { probeReads } from './probe-reads.ts'
import { mostTriedIn, probeSends } from './probe-sends.ts'
import { isAtHalt, type RowsAtWork } from './rows.ts'

interface Parts extends Pick<Services, 'lookup' | 'recorder' | 'owner' | 'protect' | 'roles'> {
  readonly failures: FailureLimits
  readonly judge: (reason: StopReason | null) => void
  readonly results: ResultReader
  readonly outcomes: RowsAtWork['outcomes']
  readonly queue: RowsAtWork['queue']
}

/**
 * The rows at work with their gates. `settle` lets the gates decide once nothing is under way that could still show the
 * cause. `held` counts the rows that wait at a gate or for another row.
 */
export function atWork(
  options: ExecutionOptions,
  { lookup, recorder, results, outcomes, queue, owner, protect, roles, failures, judge }: Parts,
  rows: () => AsyncIterable<InputRow>,
): { readonly rows: RowsAtWork; readonly settle: () => void; readonly held: () => number } {
  const { stop, acceptRefusals, settleOnly, drainMs, hold, run } = options
  const input = {
    rows,
    get work() {
      return work
    },
  }
  const turn = turnOf(recorder.state)
  const gate = {
    stop,
    accept: acceptRefusals,
    turn,
    mostTried: () => mostTriedIn(work.reach, turn),
    onWaiting: () => settle(),
  }
  const sends: RefusalGate = new RefusalGate({
    ...gate,
    what: 'the lifecycle calls',
    probe: (most, atHalt) => probeSends(input, sends, { most, atHalt }),
    isHeld: () => failures.mayBePassed,
  })
  const reads: RefusalGate = new RefusalGate({
    ...gate,
    what: 'reading users',
    probe: (most, atHalt) => probeReads(input, { most, atHalt }),
  })
  const { clock } = lookup
  const begunMark = clock.mark()
  const services: Services = {
    job: run.job,
    owner,
    protect,
    roles,
    lookup,
    recorder,
    meant: new MeantUsers(recorder.state, results),
    witness: { id: null },
    failures: {
      foresee: (place) => judge(failures.foresee(place)),
      doubt: (place) => failures.doubt(place),
      decided: (place) => {
        failures.decided(place)
        sends.wake()
      },
    },
    unheard: new UnheardTasks(),
    plan: options.plan,
    links: options.links,
    sends,
    reads,
    requestTimeoutMs: options.requestTimeoutMs,
    begunAt: () => clock.nowAtMost() - (clock.mark() - begunMark),
    begunMark,
    // What a store knows of a holder before is only that its claim has run out.
    senderMayLive: hold.former !== 'ended' || hold.elsewhere !== undefined,
    settleOnly,
    undoOf: run.undo_of ?? null,
    steps: { over: run.job.order === 'step' ? Math.max(0, recorder.state.furthestStep - 1) : 0 },
    hold,
  }
  const settle = (): void => {
    if (!queue.isQuiet(sends.waiting + reads.waiting)) return
    settleGates(reads, sends, isAtHalt(work, sends.held + reads.held))
  }
  const work: RowsAtWork = {
    services,
    queue,
    order: new UserOrder(lookup.parked),
    results,
    outcomes,
    failures: [],
    reach: {
      lastStep: 1,
      isLastPass: true,
      row: 0,
      ended: false,
      learnt: 0,
      early: new Set(),
      atWork: new Set(),
      queued: new Map(),
    },
    onInputEnd: settle,
    drainMs,
  }
  return { rows: work, settle, held: () => sends.waiting + reads.waiting + work.order.waiting }
}
