import { signatureOf, type ValidRow } from '../input/row.ts'
import { goesOn } from '../job/step.ts'
import type { JournalState } from '../journal/journal-state.ts'
import type { FoundUser } from '../lookup/read-user.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { PlannedFacts } from '../rules/planned.ts'
import type { TaskPlace, TaskResult } from '../rules/result.ts'
import {
  duplicateSkip,
  leavesDoubt,
  ledBy,
  meansNobody,
  type RowTrace,
  type Skip,
  skipAfter,
  skipForLaterStep,
  skipForPreceding,
} from '../rules/row-order.ts'
import {
  judgeDue,
  judgeDueByPlan,
  judgeMeant,
  judgeUser,
  namesAnother,
  type RowVerdict,
} from '../rules/row-verdict.ts'
import { timeNotTold } from '../rules/stop-reasons.ts'
import { unsentResult } from '../rules/unsent-result.ts'
import type { Place } from '../rules/user-order.ts'
import type { Services } from '../task/services.ts'
import type { TaskInput } from '../task/state.ts'
import { runTask } from '../task/task.ts'
import { endRow } from './end-row.ts'
import { settleLaterSteps, taskOf } from './later-steps.ts'
import { type Located, locate, repeatedUser } from './locate.ts'

/**
 * Runs the tasks of a row in order, each until its result is on disk. Rows of the same user wait for each other.
 *
 * @param recorded the row's results so far
 * @param lastStep the last step that may be begun now, from 1
 * @throws RunStopped when the run stops first
 */
export async function runRow(
  services: Services,
  row: ValidRow,
  place: Place,
  recorded: readonly TaskResult[],
  lastStep: number,
): Promise<void> {
  let located: Located | null = null
  let trace: RowTrace | null = null
  let finished = false
  try {
    await place.waitForSameKey()
    services.lookup.stop.check()
    const hasBegun = recorded.length > 0 || services.recorder.state.isUnderWay(row.row)
    const early = hasBegun ? verdictSoFar(recorded) : await judgeTime(services, row)
    if (early !== null) return await endRow(services, row, recorded, early, null)
    const repeated = !hasBegun && row.checkLogin === null ? await repeatedUser(services, row, place) : null
    if (repeated !== null) {
      // The next row of the user need not wait until this one is on disk, because nothing is sent for this one.
      located = { target: repeated.id, traceId: repeated.id, known: repeated, read: null }
      const before = traceBefore(place.preceding(repeated.id))
      trace = { signature: signatureOf(row), ...before }
      place.finish(repeated.id, trace)
      finished = true
      await runTasks(services, row, located, recorded, { skip: duplicateSkip, before, lastStep })
      return
    }
    const found = await locate(services, row, place, recorded)
    const other = found.known === null && found.read?.kind === 'found' ? found.read : null
    const verdict = other === null ? null : await judgeShown(services, row, other.user)
    // Okta showed a user whom the row does not mean, so the row leaves no trace with that user.
    if (verdict !== null) return await endRow(services, row, recorded, verdict, other)
    located = found
    noteNames(services, row, found)
    const preceding = located.traceId === null ? null : place.preceding(located.traceId)
    const after = await runTasks(services, row, located, recorded, {
      skip: skipForPreceding(row, preceding) ?? skipForDoubt(row, place, located),
      before: traceBefore(preceding),
      lastStep,
    })
    trace = { signature: signatureOf(row), ...after }
  } finally {
    if (!finished) place.finish(located?.traceId ?? null, trace)
  }
}

/**
 * Why a row is skipped if its user could not be read and an earlier row has left that user in doubt; otherwise null.
 */
function skipForDoubt(row: ValidRow, place: Place, { unreadId }: Located): Skip | null {
  const preceding = unreadId === undefined ? null : place.preceding(unreadId)
  return preceding?.inDoubt === true ? skipForPreceding(row, preceding) : null
}

/** Judges whether the user whom Okta shows for a row's key is the one whom the row means. Null if it is. */
async function judgeShown(
  { job, recorder, meant }: Services,
  row: ValidRow,
  user: FoundUser['user'],
): Promise<RowVerdict | null> {
  const verdict = judgeMeant(row, recorder.state.meantBy(row.row), user)
  if (verdict !== null) return verdict
  const before = await meant.other(row.user, user)
  return before === null ? judgeUser(row, user, job.input.short_names) : namesAnother(row, before, user)
}

/**
 * Keeps the user whom a row's names mean, for later rows with these names. Without reads, nobody knows whom they mean.
 */
function noteNames({ job, meant }: Services, row: ValidRow, { known, read }: Located): void {
  if (!job.read_first) return
  const login = known?.login ?? (read?.kind === 'found' ? read.user.login : null)
  if (known !== null || read?.kind === 'found') meant.note(row.row, row.user, login)
}

/** The verdict with which an earlier execution has begun to end a row before it counted as its user's; null if none. */
function verdictSoFar(recorded: readonly TaskResult[]): RowVerdict | null {
  const ended = recorded.find(meansNobody)
  return ended === undefined ? null : { result: 'skipped', reason: ended.reason, message: ended.message }
}

/** Judges whether a row is due and, if there is a plan, was due when the plan was made. Null if so. */
async function judgeTime({ lookup, plan }: Services, row: ValidRow): Promise<RowVerdict | null> {
  const { clock, stop, orgUrl } = lookup
  // Each execution has had an answer by now.
  if (row.due !== null && !clock.known) throw stop.because(timeNotTold(orgUrl, 'which rows are due'))
  const verdict = judgeDue(row, clock.nowAtLeast())
  if (verdict !== null || plan === null || row.due === null) return verdict
  return judgeDueByPlan(await plan.of(row.row))
}

/** What decides about the tasks of a row besides the row itself. */
interface Bounds {
  /** Why none of them is sent; null if they may be sent. */
  readonly skip: Skip | null
  /** What the user's rows before it left. */
  readonly before: UserTrace
  /** The last step that may be begun now, from 1. */
  readonly lastStep: number
}

type UserTrace = Omit<RowTrace, 'signature'>

function traceBefore(preceding: RowTrace | null): UserTrace {
  const { inDoubt = false, ledTo = null } = preceding ?? {}
  return { inDoubt, ledTo }
}

/**
 * Runs the tasks that have no result yet, up to and including `lastStep`; of later steps it only settles what may have
 * been sent. Returns what the user's next row must know.
 */
async function runTasks(
  services: Services,
  row: ValidRow,
  located: Located,
  recorded: readonly TaskResult[],
  { skip, before, lastStep }: Bounds,
): Promise<UserTrace> {
  const { recorder, lookup, plan } = services
  const planned = plan === null ? null : await plan.of(row.row)
  let { inDoubt, ledTo: userLedTo } = before
  let skipRest = skip
  let read = located.read
  const settled =
    row.actions.length < 2 || skip?.reason === 'duplicate'
      ? []
      : await settleLaterSteps(services, row, located, recorded, before.inDoubt)
  const results = [...recorded, ...settled]
  const soFar = (): UserTrace => ({ inDoubt, ledTo: userLedTo })
  const ledTo: UserStatus[] = []
  for (const [index, action] of row.actions.entries()) {
    const step = index + 1
    let result = results.find((known) => known.step === step)
    const skipNow = skipRest ?? skipForLaterStep({ step, action }, results)
    const mayHaveBeenSent = isPerhapsSent(recorder.state, { row: row.row, step }, skipNow)
    const comesLater = step > lastStep
    // A skipped step is skipped at once, even if its turn would come later.
    if (result === undefined && skipNow === null && !mayHaveBeenSent && comesLater) return soFar()
    if (result === undefined && (skipNow === null || mayHaveBeenSent)) {
      if (!mayHaveBeenSent) lookup.stop.check()
      const task = {
        ...taskOf(services, row, located, { step, action }),
        ledTo: [...ledTo],
        planned: planned === null ? null : byPlan(planned, step, userLedTo),
        comesLater,
        isBehindDoubt: skipNow?.reason === 'in_doubt',
      }
      // If the row is skipped, nothing more is sent.
      const ended = await runTask(skipNow === null ? services : { ...services, settleOnly: true }, task, read)
      if (ended.result === null && (skipNow === null || services.settleOnly)) return soFar()
      result = ended.result ?? undefined
      read = ended.read
      if (result !== undefined) await recorder.result(result)
    }
    if (result === undefined && skipNow !== null) {
      if (services.settleOnly) return soFar()
      lookup.stop.check()
      result = skippedResult(row, step, action, skipNow, located, lookup.clock.timestamp())
      await recorder.result(result)
    }
    if (result === undefined) continue
    inDoubt ||= leavesDoubt(result)
    if (result.result === 'succeeded') ledTo.push(...ruleOf(action).target)
    userLedTo = ledBy([result], userLedTo)
    // If the row's user could not be read, nobody knows who the user is, so the later steps are skipped too.
    const isKnown = located.read?.kind !== 'failed'
    skipRest ??= skipAfter(result, isKnown && goesOn(services.job.steps, step))
  }
  return soFar()
}

/**
 * Whether a call of a task may have been sent. If so, it is always settled, even if the row is skipped. A duplicate was
 * never sent, not even in a lost part of the journal.
 */
function isPerhapsSent(state: JournalState, task: TaskPlace, skip: Skip | null): boolean {
  if (state.progressOf(task) !== null) return true
  return skip?.reason !== 'duplicate' && state.mayBeLostSince(task) !== null
}

/** What the plan says about a step. A task that it does not know is not sent. */
function byPlan(
  planned: readonly PlannedFacts[],
  step: number,
  ledTo: RowTrace['ledTo'],
): NonNullable<TaskInput['planned']> {
  const facts = planned[step - 1] ?? { expected: 'skipped', reason: 'no such task', seen: null }
  return { facts, ledTo }
}

function skippedResult(
  row: ValidRow,
  step: number,
  action: Action,
  skip: Skip,
  located: Located,
  now: string,
): TaskResult {
  const user = located.read?.kind === 'found' ? located.read.user : null
  const status = user?.status ?? null
  const task = { row: row.row, step, user: row.user, action, ...skip }
  return {
    ...unsentResult(task, now),
    status_before: status,
    status_after: status,
    okta_user_id: user?.id ?? located.known?.id ?? null,
    okta_login: user?.login ?? located.known?.login ?? null,
  }
}
