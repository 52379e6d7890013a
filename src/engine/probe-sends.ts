import type { ValidRow } from '../input/row.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { readUser } from '../lookup/read-user.ts'
import type { ProbeOutcome, RefusalGate } from '../lookup/refusal-gate.ts'
import { normalizeUserKey } from '../okta/user.ts'
import { hasEarlierRow, mostTried, otherRows, spreadRows } from '../rules/probe.ts'
import { mostCounted, UserOrder } from '../rules/user-order.ts'
import { recordedResults, rememberDone, resultsIfLeft } from './done-rows.ts'
import {
  failingInOrder,
  isForLaterPass,
  isKnown,
  isLeft,
  nextStep,
  nextStepOfAll,
  type ProbeBounds,
  type ProbeInput,
  turnOf,
} from './probe-candidates.ts'
import { ProbeGate } from './probe-gate.ts'
import { beginRow, noteFailure, type RowsAtWork } from './rows.ts'
import { askWitnesses } from './witnesses.ts'

/**
 * How many refusals beyond the tenth stop the run.
 *
 * With the order `step`, people within the token's reach wait for the next step while only others may be left in this
 * one. So each execution tries twice as many as the one before, until the step has none left that was not tried.
 */
export function mostTriedIn({ isLastPass }: RowsAtWork['reach'], turn: number): number {
  return isLastPass ? mostTried : Math.min(mostTried * 2 ** turn, mostTriedInStep)
}

const mostTriedInStep = 1_000

/**
 * Carries out rows from the rest of the input before their turn, to see whether Okta refuses them as well. Their
 * results count like all others. A row goes before its turn only if no unfinished earlier row may mean the same user.
 *
 * With the order `step`, at a halt, the rows of the pass that are left are all held, or wait for held ones. If one of a
 * later step is accepted then, those have failed, in a later execution too, and no call of the pass comes after it: the
 * order of the steps is kept.
 */
export async function probeSends(
  input: ProbeInput,
  main: RefusalGate,
  bounds: ProbeBounds,
): Promise<ProbeOutcome> {
  return await failingInOrder(input, () => sendOthers(input, main, bounds))
}

async function sendOthers(
  input: ProbeInput,
  main: RefusalGate,
  { most, atHalt }: ProbeBounds,
): Promise<ProbeOutcome> {
  const { rows } = input
  const { reads, recorder } = input.work.services
  const gate = new ProbeGate(main, reads)
  const { work } = input
  const { steps, lookup } = work.services
  const isOfLaterPass = atHalt && work.reach.ended
  const [isOfRest, isLater] = [isLeft(input), isForLaterPass(input)]
  const chosen = new Set<number>()
  let step = 0
  for (let round = 0; round < mostRounds; round++) {
    if (isOfLaterPass) {
      const next = await nextStepOfAll(input, step)
      if (next === null) break
      if (next > step) chosen.clear()
      step = next
    }
    const isFree = isOfLaterPass
      ? (row: ValidRow): boolean => isLater(row) && nextStep(work, row) === step
      : isOfRest
    const isOther = (row: ValidRow): boolean => !chosen.has(row.row) && isFree(row)
    const candidates = await spreadRows(rows(), isOther, turnOf(recorder.state))
    for (const { row } of candidates) chosen.add(row)
    await tryRows(input, gate, { candidates, isFree, most })
    // Only at a halt is nothing else to come: rows that needed no call have shown nothing, and others may.
    const isEnough = gate.outcome.allowed > 0 || gate.outcome.refused >= most
    if (!atHalt || candidates.length === 0 || isEnough || lookup.stop.reason !== null) break
  }
  if (isOfLaterPass) steps.over = Math.max(steps.over, recorder.state.furthestStep - 1)
  if (!atHalt || gate.outcome.allowed > 0) return gate.outcome
  // Whoever can't be read can't be acted on either.
  const { isLost } = await askWitnesses(input, turnOf(recorder.state))
  return { ...gate.outcome, isLost }
}

/** A probe at a halt chooses rows so many times at most. Each choice reads the input once or twice. */
const mostRounds = 20

/** Rows for a probe. */
interface Tries {
  readonly candidates: readonly ValidRow[]
  /** Whether a row may still be tried: the run may have begun it meanwhile. */
  readonly isFree: (row: ValidRow) => boolean
  /** How many refusals are enough. */
  readonly most: number
}

/** Carries out rows one at a time until one is accepted, enough are refused, or none is left. */
async function tryRows(
  { work, rows }: ProbeInput,
  gate: ProbeGate,
  { candidates, isFree, most }: Tries,
): Promise<void> {
  const { services, order, queue, reach } = work
  for (const row of candidates) {
    if (gate.outcome.allowed > 0 || gate.outcome.refused >= most) break
    const target = services.job.read_first ? await readUser(services.lookup, row.user) : null
    if (target?.kind === 'failed') {
      // Whoever can't even be read can't be acted on.
      if (target.cause === 'no_permission' && !isKnown(work, row, row.user)) gate.outcome.refused++
      continue
    }
    const user = target?.user ?? { id: normalizeUserKey(row.user), login: '' }
    // One more refusal of the same user would show nothing.
    if (isKnown(work, row, user.id)) continue
    const step = nextStep(work, row) ?? 1
    const isLater = step > reach.lastStep
    // What the row itself left in this pass must not make it a duplicate.
    const places = isLater ? await orderOfLater({ work, rows }, row, user, step) : order
    if (places === null) continue
    if (!isLater && (await hasEarlierRow(rows(), row, user, earlierRows(work)))) continue
    const recorded = await recordedResults(work, row)
    if (!isFree(row)) continue
    const queued = reach.queued.get(row.row)
    reach.queued.delete(row.row)
    reach.early.add(row.row)
    const place = queued?.place ?? places.enter(row.user)
    const answered = gate.nextAnswer()
    // Its user may be found to be another one, for whom it waits behind a row that waits for the probe to end.
    const waits = new Promise<void>((resolve) => place.onWait(resolve))
    const lastStep = Math.max(reach.lastStep, step)
    const running = queue.addBeside(() =>
      beginRow(work, { ...services, sends: gate, reads: gate.reads }, row, { place, recorded }, lastStep),
    )
    running.catch((error: unknown) => noteFailure(services, work.failures, error))
    await Promise.race([answered, waits, running.catch(() => {})])
  }
}

/**
 * The order of users as it is when a row's turn for a step of a later pass comes: with what the user's rows before it have
 * left by then. Null if the row must wait for its turn: another row of the user is not as far yet, may be in doubt, or
 * names the user as nobody is called now.
 */
async function orderOfLater(
  { work, rows }: ProbeInput,
  row: ValidRow,
  user: { readonly id: string; readonly login: string },
  step: number,
): Promise<UserOrder | null> {
  const { services, order } = work
  const { state } = services.recorder
  // In each step the user's rows go in the order of the input.
  const isFinished = (other: ValidRow): boolean => {
    const last = Math.min(other.row < row.row ? step : step - 1, other.actions.length)
    return Array.from({ length: last }, (_, index) => index + 1).every((before) =>
      state.hasResult({ row: other.row, step: before }),
    )
  }
  const others = await otherRows(rows(), row, user, { isFinished, userIdOf: userIdOf(state) })
  if (others === null || order.traceOf(user.id)?.inDoubt) return null
  const places = new UserOrder()
  let counted = 1
  for (const other of others) {
    const left = other.row < row.row ? places : new UserOrder()
    if (rememberDone(services, left, other, await recordedResults(work, other)) === user.id) counted++
  }
  return counted < mostCounted && order.rowsOf(user.id) === counted ? places : null
}

/** The user to whom calls of an unfinished row went, or whom it meant in the run that is retried; null if none is known. */
function userIdOf(state: JournalState): (row: ValidRow) => string | null {
  return ({ row }) => state.userOf(row)?.user_id ?? state.meantBy(row)?.id ?? null
}

/** What is known of rows before one that a probe tries. Done rows are taken in on the way, as D1 wants it. */
function earlierRows(work: RowsAtWork): Parameters<typeof hasEarlierRow>[3] {
  const { reach, services } = work
  const { state } = services.recorder
  return {
    isFinished: async (row) => {
      if (row.row > reach.learnt) return (await resultsIfLeft(work, row)) === null
      return state.hasResult({ row: row.row, step: Math.min(reach.lastStep, row.actions.length) })
    },
    userIdOf: userIdOf(state),
  }
}
