import type { InputRow, ValidRow } from '../input/row.ts'
import { readUser, readUserById } from '../lookup/read-user.ts'
import type { Gate, ProbeOutcome, RefusalGate } from '../lookup/refusal-gate.ts'
import type { Answer } from '../okta/answer.ts'
import { hasEarlierRow, isEnough, spreadRows } from '../rules/probe.ts'
import { judgeDue } from '../rules/row-verdict.ts'
import { runRow } from './row.ts'
import { noteFailure, type RowsAtWork, recordedResults } from './rows.ts'

/** What a probe works with: the rows at work, and the input, which it may read from the beginning several times. */
export interface ProbeInput {
  readonly work: RowsAtWork
  readonly rows: () => AsyncIterable<InputRow>
}

/** The step that the pass does; the first one if it does them all. */
function passStep({ lastStep }: RowsAtWork['reach']): number {
  return Number.isFinite(lastStep) ? lastStep : 1
}

/** Returns a test for rows of the rest of the input that have not begun. */
function isLeft({ work }: ProbeInput): (row: ValidRow) => boolean {
  const { reach, services } = work
  const { state } = services.recorder
  return ({ row, due }) =>
    (row > reach.row || reach.queued.has(row)) &&
    judgeDue({ due }, services.lookup.clock.nowAtLeast()) === null &&
    !reach.early.has(row) &&
    state.resultPosition({ row, step: passStep(reach) }) === null &&
    !state.isUnderWay(row)
}

/** How many executions the run has had before this one. */
function turnOf({ work }: ProbeInput): number {
  return Math.max(0, work.services.recorder.state.executions.count - 1)
}

/** Tests whether the token may read users from the rest of the input. Changes nothing. */
export async function probeReads(input: ProbeInput): Promise<ProbeOutcome> {
  return await failingInOrder(input, () => readOthers(input))
}

async function readOthers(input: ProbeInput): Promise<ProbeOutcome> {
  const { lookup, witness } = input.work.services
  let [allowed, refused] = [0, 0]
  // Whoever could be read before shows best whether the token still may read.
  const seen = witness.id === null ? null : await readUserById(lookup, witness.id)
  if (seen?.kind === 'found') allowed++
  else if (seen?.cause === 'no_permission') refused++
  for (const row of await spreadRows(input.rows(), isLeft(input), turnOf(input))) {
    if (allowed > 0 || isEnough(refused)) break
    const read = await readUser(lookup, row.user)
    // "No such user" is an answer too: it shows that the token may read.
    if (read.kind === 'found' || read.cause === 'not_found') allowed++
    else if (read.cause === 'no_permission') refused++
  }
  return { allowed, refused }
}

/**
 * Carries out rows from the rest of the input before their turn, to see whether Okta refuses them as well. Their
 * results count like all others. A row goes before its turn only if no unfinished earlier row may mean the same user.
 */
export async function probeSends(input: ProbeInput, main: RefusalGate): Promise<ProbeOutcome> {
  return await failingInOrder(input, () => sendOthers(input, main))
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

async function sendOthers(input: ProbeInput, main: RefusalGate): Promise<ProbeOutcome> {
  const { work, rows } = input
  const { services, order, queue, reach } = work
  const left = isLeft(input)
  const gate = new ProbeGate(main)
  for (const row of await spreadRows(rows(), left, turnOf(input))) {
    if (gate.outcome.allowed > 0 || isEnough(gate.outcome.refused)) break
    const target = services.job.read_first ? await readUser(services.lookup, row.user) : null
    if (target?.kind === 'failed') {
      // Whoever can't even be read can't be acted on.
      if (target.cause === 'no_permission') gate.outcome.refused++
      continue
    }
    const user = target?.user ?? { id: row.user, login: '' }
    const isFinished = ({ row: number, actions }: ValidRow): boolean =>
      services.recorder.state.hasResult({ row: number, step: Math.min(reach.lastStep, actions.length) })
    if (await hasEarlierRow(rows(), row, user, isFinished)) continue
    // The run may have begun this row meanwhile.
    const recorded = await recordedResults(work, row)
    if (!left(row)) continue
    const queued = reach.queued.get(row.row)
    reach.queued.delete(row.row)
    reach.early.add(row.row)
    const place = queued?.place ?? order.enter(row.user)
    const answered = gate.nextAnswer()
    const running = queue.addBeside(() =>
      runRow({ ...services, sends: gate }, row, place, recorded, reach.lastStep),
    )
    running.catch((error: unknown) => noteFailure(services, work.failures, error))
    await Promise.race([answered, running.catch(() => {})])
  }
  return gate.outcome
}

/** Lets the calls of a probe pass while all others wait, and counts their answers. */
class ProbeGate implements Gate {
  readonly #main: RefusalGate
  readonly outcome = { allowed: 0, refused: 0 }
  #answered: () => void = () => {}

  constructor(main: RefusalGate) {
    this.#main = main
  }

  /** Resolves at the next answer to a call of the probe. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve
    })
  }

  async pass<T>(_row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T> {
    await this.#main.whileHeld()
    return await call(() => !this.#main.isHeld)
  }

  allowed(_row: number): void {
    this.outcome.allowed++
    this.#answered()
  }

  async refused(answer: Answer): Promise<void> {
    this.outcome.refused++
    this.#answered()
    await this.#main.refused(answer)
  }
}
