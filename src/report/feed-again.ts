import { leavesNoTrace, parseAction, ruleOf } from '../okta/actions.ts'
import { type UserStatus, userStatuses } from '../okta/status.ts'
import { decide } from '../rules/decide.ts'
import { namesOf, SupersededRows } from '../rules/superseded.ts'
import { MovedNames } from './moved-names.ts'
import type { ReportedTask, ReportRow } from './report-row.ts'

/** What other rows say about whether a row may be fed again. */
export interface OtherRows {
  readonly superseded: Pick<SupersededRows, 'by'>
  /** The users with an unsettled task, by each of their names. */
  readonly unsettled: ReadonlySet<string>
  readonly moved: Pick<MovedNames, 'rowOf'>
}

interface FeedingRules {
  readonly leavesRows: boolean
  readonly onlyStatus: readonly UserStatus[] | null
}

const noOthers: OtherRows = {
  superseded: new SupersededRows(),
  unsettled: new Set(),
  moved: new MovedNames(),
}

/**
 * Decides which rows belong in `failed.csv`: those with a task that failed, is in doubt or was not run, bad rows, and
 * rows passed over because an earlier row of the same user is in doubt. It must see the rows in the order of the input.
 *
 * Whoever feeds the file again starts a run that knows nothing of this one. So a row is left out, and left to `resume`
 * and `retry`, when doing all of it again could do something twice or reverse the order of the input:
 * - a task of this row, or of another row of the user, is unsettled: that call may still be applied, before or after;
 * - the row has an action that leaves no trace in the status (a factor reset, a reactivate) and that was or may have
 *   been applied, by this row or by an earlier one of the same user;
 * - another run goes on from this one, and has taken over what was not done; or the run keeps to a saved plan or undoes
 *   another run, which a new run of the rows would not know;
 * - a later row of the user was carried out and led the user elsewhere;
 * - an applied step would be sent again, because a later step or somebody else has taken the user elsewhere;
 * - a step has led the user to a status that `only_status` leaves alone: only this run knows that the row did so.
 */
export class FeedAgain {
  readonly #others: OtherRows
  readonly #onlyStatus: readonly UserStatus[] | null
  /** Actions without a trace that were or may have been applied, by each name of their user. */
  readonly #blind = new Map<string, Set<string>>()

  readonly #leavesRows: boolean

  /**
   * @param others what the run's other rows say about a row; left out if all are done
   * @param leavesRows whether only bad rows may be fed, because another run goes on from this one, or because the run
   *   keeps to a plan or undoes another run
   * @param onlyStatus the job's guard of that name; null if it has none
   */
  constructor(
    others: OtherRows = noOthers,
    { leavesRows, onlyStatus }: FeedingRules = { leavesRows: false, onlyStatus: null },
  ) {
    this.#others = others
    this.#leavesRows = leavesRows
    this.#onlyStatus = onlyStatus
  }

  /** Takes in the next row. Returns whether it belongs in `failed.csv`. */
  see({ row, tasks, excused }: ReportRow): boolean {
    // Nearly every row is done, so the costly checks are made only for the others.
    const open = this.#leavesRows
      ? tasks.some(({ reason }) => reason === 'invalid_row')
      : tasks.some((task) => isOpen(task, excused))
    const may = open && !tasks.some(isUnsafe) && !repeatsStep(tasks) && !this.#isLeftToItsRun(row, tasks)
    const repeated = may && tasks.some((task) => leavesNoTrace(task.action) && this.#wasApplied(task))
    for (const task of tasks) if (leavesNoTrace(task.action) && mayBeApplied(task)) this.#remember(task)
    return may && !repeated
  }

  /** A row as it is written to `failed.csv`: marked as not read if its user key stands for somebody else by now. */
  marked(row: ReportRow): ReportRow {
    const user = row.tasks[0]?.user
    const found = user === undefined || row.notRead !== null ? null : this.#others.moved.rowOf(user)
    if (found === null) return row
    const why = `${user} no longer stands for whom it meant, as row ${found} found out. Use the id of the right user instead`
    const saysSo = row.tasks.some(({ reason }) => reason === 'other_user')
    return { ...row, notRead: saysSo ? { raw: null } : { raw: null, why } }
  }

  #isLeftToItsRun(row: number, tasks: readonly ReportedTask[]): boolean {
    const { superseded, unsettled } = this.#others
    if (superseded.by(row) !== null || isLedAway(tasks, this.#onlyStatus)) return true
    const [first] = tasks
    return first !== undefined && namesOf(first.user, tasks).some((name) => unsettled.has(name))
  }

  #wasApplied(task: ReportedTask): boolean {
    // A failed task was judged on its own; only a task that was never looked at may repeat an earlier row.
    if (task.result === 'failed') return false
    return namesOf(task.user, [task]).some((name) => this.#blind.get(name)?.has(task.action) === true)
  }

  #remember(task: ReportedTask): void {
    for (const name of namesOf(task.user, [task])) {
      const actions = this.#blind.get(name)
      if (actions === undefined) this.#blind.set(Buffer.from(name).toString(), new Set([task.action]))
      else actions.add(task.action)
    }
  }
}

/**
 * What the rows of a run say about each other. Reads all rows.
 *
 * @param rows the run's rows in the order of the input
 */
export async function lookAtOthers(rows: AsyncIterable<ReportRow>): Promise<OtherRows> {
  const superseded = new SupersededRows()
  const unsettled = new Set<string>()
  const moved = new MovedNames()
  for await (const { row, tasks, excused } of rows) {
    moved.see({ row, tasks })
    const [first] = tasks
    if (first === undefined) continue
    const todo = tasks
      .filter((task) => isOpen(task, excused))
      .flatMap(({ action }) => parseAction(action) ?? [])
    superseded.see(row, first.user, tasks, todo.length === 0 ? null : { todo })
    if (!tasks.some(({ result }) => result === 'unsettled')) continue
    // Copies are made, because a slice would keep the whole longer text in memory.
    for (const name of namesOf(first.user, tasks)) unsettled.add(Buffer.from(name).toString())
  }
  return { superseded, unsettled, moved }
}

function isOpen({ step, result, reason }: ReportedTask, excused: readonly number[]): boolean {
  return (
    (result === 'failed' && !excused.includes(step)) ||
    result === 'in_doubt' ||
    result === 'not_run' ||
    reason === 'invalid_row' ||
    reason === 'in_doubt'
  )
}

function isUnsafe(task: ReportedTask): boolean {
  return task.result === 'unsettled' || (leavesNoTrace(task.action) && mayBeApplied(task))
}

/**
 * Whether a step of a row may have led its user to a status that a new run would leave alone, because of `only_status`.
 */
function isLedAway(tasks: readonly ReportedTask[], onlyStatus: readonly UserStatus[] | null): boolean {
  if (onlyStatus === null) return false
  return tasks.some(({ action: name, result, status_after: after }) => {
    const action = parseAction(name)
    if (action === null || (result !== 'succeeded' && result !== 'unchanged' && result !== 'in_doubt'))
      return false
    const seen = userStatuses.find((status) => result !== 'in_doubt' && status === after)
    const statuses = seen === undefined ? ruleOf(action).target : [seen]
    return statuses.some((status) => !onlyStatus.includes(status))
  })
}

/** Whether a step that was applied would be sent again, because a later one has taken the user elsewhere. */
function repeatsStep(tasks: readonly ReportedTask[]): boolean {
  const steps = tasks.flatMap(({ action: name, result }) => {
    const action = parseAction(name)
    const applied = result === 'succeeded'
    return action === null || leavesNoTrace(action)
      ? []
      : [{ action, applied, reached: applied || result === 'unchanged' }]
  })
  const last = steps.findLast(({ reached }) => reached)
  if (last === undefined) return false
  // Follows the steps in turn, from the status that was seen last or else from where the last reached step leads.
  const seen = tasks.findLast((task) => statusOf(task) !== null)
  const status = userStatuses.find((name) => seen !== undefined && name === statusOf(seen))
  let statuses: readonly UserStatus[] = status === undefined ? ruleOf(last.action).target : [status]
  // A step in doubt may have led the user elsewhere since.
  statuses = [...statuses, ...tasks.flatMap(doubtfulTargets)]
  for (const { action, applied } of steps) {
    if (!statuses.some((status) => decide(action, { status, offered: [] }).kind === 'send')) continue
    if (applied) return true
    statuses = ruleOf(action).target
  }
  return false
}

function doubtfulTargets({ action: name, result }: ReportedTask): readonly UserStatus[] {
  const action = result === 'in_doubt' ? parseAction(name) : null
  return action === null ? [] : ruleOf(action).target
}

function statusOf({ status_after: after, status_before: before }: ReportedTask): string | null {
  return after ?? before
}

function mayBeApplied({ result, verified }: ReportedTask): boolean {
  const isAccepted = result === 'failed' && verified === 'not_held'
  return isAccepted || result === 'succeeded' || result === 'in_doubt' || result === 'unsettled'
}
