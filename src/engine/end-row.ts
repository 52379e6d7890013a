import type { ValidRow } from '../input/row.ts'
import { goesOn } from '../job/step.ts'
import type { FoundUser } from '../lookup/read-user.ts'
import type { Reason, TaskResult } from '../rules/result.ts'
import { type Skip, skipAfter } from '../rules/row-order.ts'
import { endedForOther, type RowVerdict } from '../rules/row-verdict.ts'
import { endedUnsent } from '../rules/unsent-result.ts'
import type { Services } from '../task/services.ts'

/** Ends all tasks of a row that have not ended, without a call. */
export async function endRow(
  services: Services,
  row: ValidRow,
  recorded: readonly TaskResult[],
  verdict: RowVerdict,
  shown: FoundUser | null,
): Promise<void> {
  const { recorder, lookup, settleOnly } = services
  if (settleOnly) return
  let skip: Skip | null = null
  for (const [index, action] of row.actions.entries()) {
    const step = index + 1
    let ended = recorded.find((result) => result.step === step)
    if (ended === undefined) {
      const mayBeLost = recorder.state.mayBeLostSince({ row: row.row, step }) !== null
      const { result, reason, message } = endOf(verdict, skip, mayBeLost)
      const task = { row: row.row, step, user: row.user, action, message }
      const answered =
        shown === null ? {} : { http_status: shown.httpStatus, okta_request_id: shown.requestId }
      ended = {
        ...endedUnsent(task, result, reason, lookup.clock.timestamp()),
        ...answered,
        okta_login: shown?.user.login ?? null,
      }
      await recorder.result(ended)
    }
    skip ??= skipAfter(ended, goesOn(services.job.steps, step))
  }
}

interface Ended {
  readonly result: 'skipped' | 'failed' | 'in_doubt'
  readonly reason: Reason | null
  readonly message: string
}

/** How a task ends: by the verdict on its row or, after an earlier step has ended so, as one that is skipped. */
function endOf(verdict: RowVerdict, skip: Skip | null, mayBeLost: boolean): Ended {
  // Nobody knows whom a lost call was sent to, so such a task is not skipped.
  if (verdict.reason === 'other_user' && (skip === null || mayBeLost))
    return { ...verdict, ...endedForOther(verdict.message, mayBeLost) }
  return skip === null ? verdict : { ...skip, result: 'skipped' }
}
