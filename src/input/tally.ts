import type { Action } from '../okta/actions.ts'
import { signatureOf, type ValidRow } from './row.ts'

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
  /** Rows that were not due yet when they were counted. */
  readonly notDueRows: number
  /** Rows that repeat the preceding row of the same key. That two keys name one user, only Okta can tell. */
  readonly duplicateRows: number
  /** Of them, those with a row that is due. */
  readonly dueUsers: number
  /** Those of rows that are not due and of duplicates included. */
  readonly tasks: number
  /** Tasks that a run would do now: of rows that are due and no duplicates. Actions without one are not in it. */
  readonly tasksByAction: ReadonlyMap<Action, number>
  readonly tasksByActionAndSendEmail: ReadonlyMap<Action, SendEmailCounts>
}

/** The user has no row yet that does something. */
const noSignature = -1

/** Users and tasks of some valid rows. */
export class Tally {
  rows = 0
  tasks = 0
  notDueRows = 0
  duplicateRows = 0
  /** Of them, rows that take the action of the flag or the job. */
  jobActionRows = 0
  /** The key of each user with the number of the signature of its last row. */
  readonly users = new Map<string, number>()
  readonly counts = new Map<Action, SendEmailCounts>()
  readonly #signatures = new Map<string, number>()

  /** @param now milliseconds since 1970, to tell which rows are due */
  add(row: ValidRow, takesJobAction: boolean, now: number): void {
    this.rows += 1
    this.tasks += row.actions.length
    if (takesJobAction) this.jobActionRows += 1
    const before = this.users.get(row.user)
    const isDue = row.due === null || row.due <= now
    const last = isDue ? this.#numberOf(signatureOf(row)) : (before ?? noSignature)
    if (!isDue) this.notDueRows += 1
    else if (last === before) this.duplicateRows += 1
    else this.#count(row)
    // A copy: a part of a longer text would keep all of that text in memory.
    if (before === undefined) this.users.set(Buffer.from(row.user).toString(), last)
    else if (last !== before) this.users.set(row.user, last)
  }

  #count(row: ValidRow): void {
    const which = row.sendEmail === null ? 'unset' : row.sendEmail ? 'true' : 'false'
    for (const action of row.actions) {
      const earlier = this.counts.get(action) ?? { unset: 0, true: 0, false: 0 }
      this.counts.set(action, { ...earlier, [which]: earlier[which] + 1 })
    }
  }

  #numberOf(signature: string): number {
    const number = this.#signatures.get(signature) ?? this.#signatures.size
    this.#signatures.set(signature, number)
    return number
  }
}

function dueOf(users: ReadonlyMap<string, number>): number {
  let due = 0
  for (const signature of users.values()) if (signature !== noSignature) due += 1
  return due
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
    dueUsers: tallies.reduce((sum, { users }) => sum + dueOf(users), 0),
    tasks: tallies.reduce((sum, tally) => sum + tally.tasks, 0),
    notDueRows: tallies.reduce((sum, tally) => sum + tally.notDueRows, 0),
    duplicateRows: tallies.reduce((sum, tally) => sum + tally.duplicateRows, 0),
    tasksByAction,
    tasksByActionAndSendEmail: byActionAndSendEmail,
  }
}
