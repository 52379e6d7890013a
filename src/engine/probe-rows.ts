import type { InputRow, ValidRow } from '../input/row.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { readUser, readUserById } from '../lookup/read-user.ts'
import type { ProbeOutcome, RefusalGate } from '../lookup/refusal-gate.ts'
import { normalizeUserKey } from '../okta/user.ts'
import { hasEarlierRow, mostTried, otherRows, spreadRows } from '../rules/probe.ts'
import { judgeDue } from '../rules/row-verdict.ts'
import { mostCounted, UserOrder } from '../rules/user-order.ts'
import { recordedResults, rememberDone, resultsIfLeft } from './done-rows.ts'
import { ProbeGate } from './probe-gate.ts'
import { beginRow, noteFailure, type RowsAtWork } from './rows.ts'

/** What a probe works with: the rows at work, and the input, which it may read from the beginning several times. */
export interface ProbeInput {
  readonly work: RowsAtWork
  readonly rows: () => AsyncIterable<InputRow>
}

/** The first step of a row without a result; null if all have one. */
function nextStep({ services }: RowsAtWork, { row, actions }: ValidRow): number | null {
  for (let step = 1; step <= actions.length; step++) {
    if (!services.recorder.state.hasResult({ row, step })) return step
  }
  return null
}

/**
 * Whether a row may begin before its turn, as far as its own state shows. A row that was sent before may begin early
 * only if its last call was refused or certainly not applied, because then nothing about it is in doubt.
 */
function mayBegin({ reach, services }: RowsAtWork, { row, due, actions }: ValidRow): boolean {
  const { state } = services.recorder
  return (
    judgeDue({ due }, services.lookup.clock.nowAtLeast()) === null &&
    !reach.early.has(row) &&
    !reach.atWork.has(row) &&
    actions.every((_, index) => {
      const last = state.progressOf({ row, step: index + 1 })?.last.kind
      return last === undefined || last === 'refused' || last === 'not_applied'
    })
  )
}

/** Whether a user was found to be the cause when Okta refused the action that a row is at. */
function isKnown(work: RowsAtWork, row: ValidRow, user: string): boolean {
  const action = row.actions[(nextStep(work, row) ?? 1) - 1]
  return action !== undefined && work.services.recorder.state.refusedUsers.has(action, user)
}

/** Returns a test for rows of the rest of the input that the pass has not begun. */
function isLeft({ work }: ProbeInput): (row: ValidRow) => boolean {
  const { reach } = work
  return (row) => {
    if (row.row <= reach.row && !reach.queued.has(row.row)) return false
    const step = nextStep(work, row)
    return step !== null && step <= reach.lastStep && mayBegin(work, row)
  }
}

/** Returns a test for rows that the pass has nothing to do for any more, but a later pass has. */
function isForLaterPass({ work }: ProbeInput): (row: ValidRow) => boolean {
  return (row) => {
    const step = nextStep(work, row)
    return step !== null && step > work.reach.lastStep && mayBegin(work, row)
  }
}

/**
 * Returns a test for those of them that are least far: an execution before may have done a later step of one that it had
 * tried, and a step is done for all before the next one.
 */
async function isForNextStep(input: ProbeInput): Promise<(row: ValidRow) => boolean> {
  const isLater = isForLaterPass(input)
  let least = Number.POSITIVE_INFINITY
  for await (const row of input.rows())
    if (row.kind === 'valid' && isLater(row)) least = Math.min(least, nextStep(input.work, row) ?? least)
  return (row) => isLater(row) && nextStep(input.work, row) === least
}

/** How many executions the run has had before this one. */
export function turnOf({ executions }: Pick<JournalState, 'executions'>): number {
  return Math.max(0, executions.count - 1)
}

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

/** Tests whether the token may read users from the rest of the input. Changes nothing. */
export async function probeReads(input: ProbeInput, most: number): Promise<ProbeOutcome> {
  return await failingInOrder(input, () => readOthers(input, most))
}

async function readOthers(input: ProbeInput, most: number): Promise<ProbeOutcome> {
  const { lookup, witness, recorder } = input.work.services
  const { state } = recorder
  let [allowed, refused] = [0, 0]
  // Whoever could be read before shows best whether the token still may read.
  const seen = witness.id === null ? null : await readUserById(lookup, witness.id)
  if (seen?.kind === 'found') allowed++
  else if (seen?.cause === 'no_permission') refused++
  const [left, later] = [isLeft(input), isForLaterPass(input)]
  for (const row of await spreadRows(input.rows(), (row) => left(row) || later(row), turnOf(state))) {
    if (allowed > 0 || refused >= most) break
    const read = await readUser(lookup, row.user)
    // "No such user" is an answer too: it shows that the token may read.
    if (read.kind === 'found' || read.cause === 'not_found') allowed++
    else if (read.cause === 'no_permission' && !isKnown(input.work, row, row.user)) refused++
  }
  return { allowed, refused }
}

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

interface ProbeBounds {
  /** How many refusals are enough. */
  readonly most: number
  /** Whether nothing but held rows is under way and no other row of the pass can begin. */
  readonly atHalt: boolean
}

/** A probe that can't be made decides nothing: the run stops, and `resume` takes up what is held. */
async function failingInOrder(
  { work }: ProbeInput,
  probe: () => Promise<ProbeOutcome>,
): Promise<ProbeOutcome> {
  try {
    return await probe()
  } catch (error) {
    noteFailure(work.services, work.failures, error)
    throw error
  }
}

async function sendOthers(
  input: ProbeInput,
  main: RefusalGate,
  { most, atHalt }: ProbeBounds,
): Promise<ProbeOutcome> {
  const { rows } = input
  const { reads, recorder } = input.work.services
  const gate = new ProbeGate(main, reads)
  const isOfLaterPass = atHalt && input.work.reach.ended
  const isFree = isOfLaterPass ? await isForNextStep(input) : isLeft(input)
  const candidates = await spreadRows(rows(), isFree, turnOf(recorder.state))
  await tryRows(input, gate, { candidates, isFree, most })
  const { services } = input.work
  if (isOfLaterPass)
    services.steps.over = Math.max(services.steps.over, services.recorder.state.furthestStep - 1)
  return gate.outcome
}

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
