import { type InputRow, signatureOf, type ValidRow } from '../input/row.ts'
import type { Job } from '../job/job.ts'
import type { RoleChecks } from '../lookup/role-checks.ts'
import type { Action } from '../okta/actions.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'
import { decide } from '../rules/decide.ts'
import {
  type GuardVerdict,
  guardId,
  guardKey,
  guardUser,
  type ProtectedUsers,
  type TokenOwner,
  type UserGuards,
} from '../rules/guards.ts'
import type { Reason } from '../rules/result.ts'
import { judgeDue, judgeMeant, judgeUser, type MeantUser, type RowVerdict } from '../rules/row-verdict.ts'
import { refusedResult } from '../rules/unsent-result.ts'
import type { PlannedTask } from './plan-schema.ts'
import {
  nameOfPossible,
  type PlannedRoles,
  type PossibleStatus,
  type SimulatedRow,
  type Subject,
  simulateEnded,
  simulateRow,
} from './simulate.ts'
import type { PlannedRead, PlannedUser, UserReads } from './user-reads.ts'

/** A row of the input with the expected outcome of each task. */
export interface PlannedRow {
  readonly row: InputRow
  readonly tasks: readonly PlannedTask[]
  /** Why the row ends as a whole without a call; null if it does not. */
  readonly skipped: Reason | null
  /** Whether the run reads the row's user. */
  readonly isRead: boolean
  /** Whether the run looks up the user's admin roles for this row. */
  readonly looksUpRoles: boolean
  /** The row's user as read; null if no user was read. */
  readonly user: PlannedUser | null
}

export interface PlanRowsOptions {
  readonly job: Pick<Job, 'guards' | 'read_first' | 'input' | 'steps' | 'order'>
  readonly owner: TokenOwner
  readonly protect: ProtectedUsers
  /** Looks up each user's admin roles before the first call; null if the job does not ask for that. */
  readonly roles?: Pick<RoleChecks, 'of'> | null
  readonly reads: Pick<UserReads, 'of'>
  /** Epoch milliseconds by Okta's clock, never too late. */
  readonly now: () => number
  /** How many rows ahead users may be read, from 1. */
  readonly ahead: number
  /** The steps of a row that have a result already, when a run goes on from another; none by default. */
  readonly doneSteps?: (row: number) => readonly number[]
  /** The user whom a row meant in the run that is retried; null, as by default, if that is not known. */
  readonly meantBy?: (row: number) => MeantUser | null
}

/**
 * Plans the rows of an input one at a time, in its order, while the users of the next rows are being read. Throws what
 * the rows or the reads throw.
 */
export async function* planRows(
  rows: AsyncIterable<InputRow>,
  options: PlanRowsOptions,
): AsyncGenerator<PlannedRow> {
  const planner = new Planner(options)
  const waiting: Waiting[] = []
  async function plan(): Promise<PlannedRow | null> {
    const next = waiting.shift()
    if (next === undefined) return null
    const { row, early, read } = next
    if (row.kind !== 'valid') {
      const { reason } = refusedResult(row, '')
      return {
        row,
        tasks: [refusedTask(row)],
        skipped: reason,
        isRead: false,
        looksUpRoles: false,
        user: null,
      }
    }
    if (early !== null) {
      return {
        row,
        tasks: simulateEnded(row, early, null, options.job.steps),
        skipped: early.reason,
        isRead: false,
        looksUpRoles: false,
        user: null,
      }
    }
    const found = await read
    const user = found?.kind === 'found' ? found.user : null
    return { row, ...(await planner.plan(row, found)), isRead: options.job.read_first, user }
  }
  for await (const row of rows) {
    // A row that is done in full needs no plan.
    if (row.kind === 'valid' && options.doneSteps?.(row.row).length === row.actions.length) continue
    const early = row.kind === 'valid' && row.due !== null ? judgeDue(row, options.now()) : null
    const isRead = row.kind === 'valid' && early === null && options.job.read_first
    const read = isRead ? options.reads.of(row) : Promise.resolve(null)
    // A failed read is reported when its row has its turn, and never if an earlier row ends the plan.
    read.then((user) => lookAhead(options, row, user)).catch(() => {})
    waiting.push({ row, early, read })
    if (waiting.length < options.ahead) continue
    const planned = await plan()
    if (planned !== null) yield planned
  }
  for (let planned = await plan(); planned !== null; planned = await plan()) yield planned
}

/**
 * Begins to look up the roles of a user for whom a call may be sent, so that the plan does not wait for each in turn.
 */
function lookAhead({ roles = null }: PlanRowsOptions, row: InputRow, read: PlannedRead | null): void {
  if (roles === null || row.kind !== 'valid' || read?.kind === 'failed') return
  const user = read?.user ?? null
  if (user !== null && !row.actions.some((action) => decide(action, user).kind === 'send')) return
  roles.of(user?.id ?? row.user).catch(() => {})
}

function refusedTask(row: Exclude<InputRow, ValidRow>): PlannedTask {
  const { step, user, action, message } = refusedResult(row, '')
  return {
    row: row.row,
    step,
    user,
    okta_login: null,
    action,
    status: null,
    expected: 'skipped',
    reason: message,
  }
}

/** A row whose user is being read. */
interface Waiting {
  readonly row: InputRow
  /** Set if the row is not due. */
  readonly early: RowVerdict | null
  readonly read: Promise<PlannedRead | null>
}

/** The tasks of a row, and why it ends as a whole; null if it does not. */
type Planned = Pick<PlannedRow, 'tasks' | 'skipped' | 'looksUpRoles'>

/** What earlier rows leave behind for a user. */
interface Trace {
  readonly signature: string
  /** The statuses that the user may have; null if not known. */
  readonly possible: readonly PossibleStatus[] | null
}

/** Keeps the status that each user will have after the rows so far. Rows must come in the input's order. */
class Planner {
  readonly #guards: UserGuards
  readonly #shortNames: boolean
  readonly #steps: Job['steps']
  readonly #stepByStep: boolean
  readonly #doneSteps: (row: number) => readonly number[]
  readonly #meantBy: (row: number) => MeantUser | null
  readonly #traces = new Map<string, Trace>()
  /** One object for each distinct trace, however many users share it. */
  readonly #interned = new Map<string, Trace>()
  /** Keys of users that could not be read for a passing reason. What their rows will do is not known. */
  readonly #unread = new Set<string>()
  readonly #roles: Pick<RoleChecks, 'of'> | null
  /** Users whose roles the run looks up for the rows so far. */
  readonly #lookedUp = new Set<string>()

  constructor(options: PlanRowsOptions) {
    const { job, owner, protect, roles = null, doneSteps = () => [], meantBy = () => null } = options
    this.#meantBy = meantBy
    this.#roles = roles
    this.#shortNames = job.input.short_names
    this.#steps = job.steps
    this.#stepByStep = job.order === 'step' && (job.steps?.length ?? 0) > 1
    this.#doneSteps = doneSteps
    this.#guards = { protect, onlyStatus: job.guards.only_status, owner }
  }

  async plan(row: ValidRow, read: PlannedRead | null): Promise<Planned> {
    if (read === null) return await this.#planUnread(row)
    if (read.kind === 'found') return await this.#planFound(row, read.user)
    if (read.passing) this.#unread.add(normalizeUserKey(row.user))
    const subject: Subject = read.passing
      ? { kind: 'open', why: read.message, verdict: () => null, sentAnyway: false }
      : { kind: 'missing', why: read.message }
    const { tasks, skipped } = this.#simulateOnce(row, subject, null)
    return { tasks, skipped, looksUpRoles: false }
  }

  async #planFound(row: ValidRow, user: PlannedUser): Promise<Planned> {
    const verdict = judgeMeant(row, this.#meantBy(row.row), user) ?? judgeUser(row, user, this.#shortNames)
    if (verdict !== null) {
      const tasks = simulateEnded(row, verdict, user.login, this.#steps)
      return { tasks, skipped: verdict.reason, looksUpRoles: false }
    }
    const trace = this.#traces.get(user.id) ?? null
    const twin = this.#unread.size > 0 && keysOf(user).some((key) => this.#unread.has(key))
    const subject = this.#subjectOf(user, trace, twin)
    // An earlier row that could not be read may have been for this user. If so, it may be the preceding row.
    const preceding = twin ? null : (trace?.signature ?? null)
    const { simulated, looksUpRoles } = await this.#simulate(row, subject, user.id, preceding)
    const { tasks, possible, skipped } = simulated
    this.#remember(user.id, { signature: signatureOf(row), possible })
    return { tasks: tasks.map((task) => ({ ...task, okta_login: user.login })), skipped, looksUpRoles }
  }

  /** Plays the row through, and again with the user's admin roles if a call would be sent. */
  async #simulate(
    row: ValidRow,
    subject: Subject,
    userId: string,
    preceding: string | null,
  ): Promise<{ readonly simulated: SimulatedRow; readonly looksUpRoles: boolean }> {
    const simulated = this.#simulateOnce(row, subject, preceding)
    const sends = simulated.tasks.some(({ expected }) => expected === 'succeeded' || expected === 'unknown')
    if (this.#roles === null || !sends) return { simulated, looksUpRoles: false }
    const looksUpRoles = !this.#lookedUp.has(userId)
    this.#lookedUp.add(userId)
    const finding = await this.#roles.of(userId)
    if (finding.kind === 'none') return { simulated, looksUpRoles }
    return {
      simulated: this.#simulateOnce(row, subject, preceding, finding),
      looksUpRoles,
    }
  }

  #subjectOf(user: PlannedUser, trace: Trace | null, twin: boolean): Subject {
    const { status, transitioningToStatus } = user
    const open = (why: string): Subject => {
      const guards = { ...this.#guards, onlyStatus: null }
      const verdict = (action: Action): GuardVerdict | null => guardUser(user, guards, [], action)
      return { kind: 'open', why, verdict, sentAnyway: false }
    }
    if (trace !== null && this.#stepByStep) {
      return open('the job goes step by step, and an earlier row of this user has steps in between')
    }
    if (twin) return open('an earlier row, which may mean this user, could not be read')
    if (transitioningToStatus !== null) {
      return open(`user is in transition from ${status} to ${transitioningToStatus}`)
    }
    if (trace?.possible === null) return open('the status after an earlier row of this user is not known')
    return { kind: 'known', user, possible: trace?.possible ?? [{ status, suspendedFrom: null }] }
  }

  async #planUnread(row: ValidRow): Promise<Planned> {
    const key = normalizeUserKey(row.user)
    const { owner, protect } = this.#guards
    const verdict = (action: Action): GuardVerdict | null =>
      guardKey(row.user, owner) ?? guardId(row.user, protect, action)
    const preceding = this.#traces.get(key)?.signature ?? null
    this.#remember(key, { signature: signatureOf(row), possible: null })
    const subject: Subject = { kind: 'open', why: 'users are not read', verdict, sentAnyway: true }
    const { simulated, looksUpRoles } = await this.#simulate(row, subject, row.user, preceding)
    return { tasks: simulated.tasks, skipped: simulated.skipped, looksUpRoles }
  }

  #simulateOnce(
    row: ValidRow,
    subject: Subject,
    preceding: string | null,
    roles: PlannedRoles = null,
  ): SimulatedRow {
    return simulateRow(row, subject, this.#guards, preceding, this.#steps, this.#doneSteps(row.row), roles)
  }

  #remember(user: string, trace: Trace): void {
    const name = `${trace.signature} ${trace.possible?.map(nameOfPossible).join() ?? ''}`
    const interned = this.#interned.get(name) ?? trace
    this.#interned.set(name, interned)
    this.#traces.set(Buffer.from(user).toString(), interned)
  }
}
