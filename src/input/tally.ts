import type { Action } from '../okta/actions.ts'
import type { ValidRow } from './row.ts'

/** Tasks by what their rows say about mail; `unset` where the row says nothing. */
export interface SendEmailCounts {
  readonly unset: number
  readonly true: number
  readonly false: number
}

/** What rows come to. */
export interface TallyCounts {
  /** Different user keys of valid rows, as written after trimming. Letter case counts. */
  readonly distinctUsers: number
  readonly tasks: number
  /** Actions without a task are not in it. */
  readonly tasksByAction: ReadonlyMap<Action, number>
  readonly tasksByActionAndSendEmail: ReadonlyMap<Action, SendEmailCounts>
}

/** Users and tasks of some valid rows. */
export class Tally {
  rows = 0
  /** Of them, rows that take the action of the flag or the job. */
  jobActionRows = 0
  readonly users = new Set<string>()
  readonly counts = new Map<Action, SendEmailCounts>()

  add(row: ValidRow, takesJobAction: boolean): void {
    this.rows += 1
    if (takesJobAction) this.jobActionRows += 1
    // A copy: a part of a longer text would keep all of that text in memory.
    if (!this.users.has(row.user)) this.users.add(Buffer.from(row.user).toString())
    const which = row.sendEmail === null ? 'unset' : row.sendEmail ? 'true' : 'false'
    for (const action of row.actions) {
      const before = this.counts.get(action) ?? { unset: 0, true: 0, false: 0 }
      this.counts.set(action, { ...before, [which]: before[which] + 1 })
    }
  }
}

/** The counts of several tallies together. No key may be in two of them. */
export function countsOf(tallies: readonly Tally[]): TallyCounts {
  const byActionAndSendEmail = new Map<Action, SendEmailCounts>()
  for (const { counts } of tallies) {
    for (const [action, some] of counts) {
      const before = byActionAndSendEmail.get(action) ?? { unset: 0, true: 0, false: 0 }
      byActionAndSendEmail.set(action, {
        unset: before.unset + some.unset,
        true: before.true + some.true,
        false: before.false + some.false,
      })
    }
  }
  const tasksByAction = new Map(
    [...byActionAndSendEmail].map(([action, by]) => [action, by.unset + by.true + by.false]),
  )
  return {
    distinctUsers: tallies.reduce((sum, { users }) => sum + users.size, 0),
    tasks: [...tasksByAction.values()].reduce((sum, count) => sum + count, 0),
    tasksByAction,
    tasksByActionAndSendEmail: byActionAndSendEmail,
  }
}
