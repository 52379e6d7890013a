import type { ValidRow } from '../input/row.ts'
import type { Action } from '../okta/actions.ts'
import { looksLikeUserId } from '../okta/user.ts'
import { parseLeftAs, takenBackColumn } from '../rules/left-as.ts'
import type { TaskResult } from '../rules/result.ts'
import { leavesDoubt } from '../rules/row-order.ts'
import type { Services } from '../task/services.ts'
import type { TaskInput } from '../task/state.ts'
import { runTask } from '../task/task.ts'
import type { Located } from './locate.ts'

/**
 * Settles, without a call, the steps that may have been sent although an earlier step of the row has no result. They
 * occur in a retry. If a part of the journal was lost, it settles all steps that may have been sent, in their order. A
 * new call would change the facts by which they are judged. Returns their results.
 *
 * @param inDoubt whether an earlier row of the user is in doubt
 */
export async function settleLaterSteps(
  services: Services,
  row: ValidRow,
  located: Located,
  recorded: readonly TaskResult[],
  inDoubt: boolean,
): Promise<readonly TaskResult[]> {
  const { state } = services.recorder
  const settled: TaskResult[] = []
  let isBehindDoubt = inDoubt
  let isLater = false
  for (const [index, action] of row.actions.entries()) {
    const step = index + 1
    const place = { row: row.row, step }
    const known = recorded.find((result) => result.step === step)
    if (known !== undefined) {
      isBehindDoubt ||= leavesDoubt(known)
      continue
    }
    const isLost = state.mayBeLostSince(place) !== null
    const wasSent = state.progressOf(place) !== null
    if (isLost || (isLater && wasSent)) {
      const facts = { ledTo: [], planned: null, comesLater: true, isBehindDoubt }
      const ended = await runTask(
        services,
        { ...taskOf(services, row, located, { step, action }), ...facts },
        null,
      )
      if (ended.result !== null) {
        await services.recorder.result(ended.result)
        settled.push(ended.result)
        isBehindDoubt ||= leavesDoubt(ended.result)
      }
    }
    isLater ||= !wasSent
  }
  return settled
}

/** A task without the facts that depend on the row's other steps. */
export function taskOf(
  { undoOf }: Services,
  row: ValidRow,
  { target, known, read }: Located,
  { step, action }: { readonly step: number; readonly action: Action },
): Omit<TaskInput, 'ledTo' | 'planned' | 'comesLater' | 'isBehindDoubt'> {
  return {
    row: row.row,
    step,
    userKey: row.user,
    action,
    sendEmail: row.sendEmail,
    target,
    known,
    // An id means the user whose id it is.
    ...(read?.kind === 'failed' && (!looksLikeUserId(row.user) || row.checkLogin !== null)
      ? { unjudged: read.message }
      : {}),
    later: row.actions.slice(step),
    ...(undoOf === null
      ? {}
      : { leftAs: { run: String(row.cells.get(takenBackColumn) ?? undoOf), left: parseLeftAs(row.cells) } }),
  }
}
