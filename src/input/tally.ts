import type { Action } from '../okta/actions.ts'
import { foldLogin } from '../okta/user.ts'
import { signatureOf, type ValidRow } from './row.ts'
import { addToActions, noActions, type SampledUser } from './user-sample.ts'

/** Tasks by what their rows say about mail; `unset` if the row says nothing. */
export interface SendEmailCounts {
  readonly unset: number
  readonly true: number
  readonly false: number
}

/** The counts of some rows. */
export interface TallyCounts {
  /** Different user keys of valid rows, as written after trimming. Letter case counts. */
  readonly distinctUsers: number
  /** Rows that were not due yet when they were counted. */
  readonly notDueRows: number
  /** Rows that repeat the preceding row of the same key. Only Okta can tell that two keys name one user. */
  readonly duplicateRows: number
  /** Users with a row that is due. */
  readonly dueUsers: number
  /** Includes the tasks of rows that are not due, and of duplicates. */
  readonly tasks: number
  /** The sum of `tasksByAction`. */
  readonly tasksToDo: number
  /**
   * Tasks that a run would do now: those of rows that are due and are not duplicates. Actions without tasks are left
   * out.
   */
  readonly tasksByAction: ReadonlyMap<Action, number>
  readonly tasksByActionAndSendEmail: ReadonlyMap<Action, SendEmailCounts>
}

/**
 * What is known about a key: its last row that was due, what all its rows that are due do, and whether any row writes
 * it in exactly this form.
 */
interface KnownKey {
  /** The number of the signature of its last row that was due; null if there was none. */
  readonly signature: number | null
  /** Below 2^16; see `addToActions`. */
  readonly actions: number
  readonly written: boolean
}

const unknownKey: KnownKey = { signature: null, actions: noActions, written: false }

/** Packs what is known about a key into one small number, so that a million keys take little memory. */
function packed({ signature, actions, written }: KnownKey): number {
  return (signature === null ? 0 : signature + 1) * 2 ** 17 + actions * 2 + (written ? 1 : 0)
}

function unpacked(value: number | undefined): KnownKey {
  if (value === undefined) return unknownKey
  const signature = Math.floor(value / 2 ** 17)
  return {
    signature: signature === 0 ? null : signature - 1,
    actions: Math.floor(value / 2) % 2 ** 16,
    written: value % 2 === 1,
  }
}

/** Users and tasks of some valid rows. */
export class Tally {
  rows = 0
  tasks = 0
  notDueRows = 0
  duplicateRows = 0
  /** Rows that take the action of the flag or the job. */
  jobActionRows = 0
  /** Different keys as written. */
  distinctUsers = 0
  /**
   * Packed {@link KnownKey}s: under each folded key what its rows do, and one more under each other way in which it is
   * written.
   */
  readonly #keys = new Map<string, number>()
  readonly counts = new Map<Action, SendEmailCounts>()
  readonly #signatures = new Map<string, number>()

  /** @param now milliseconds since 1970, to tell which rows are due */
  add(row: ValidRow, takesJobAction: boolean, now: number): void {
    this.rows += 1
    this.tasks += row.actions.length
    if (takesJobAction) this.jobActionRows += 1
    // As Okta compares them: logins in any letter case, ids to the letter.
    const key = row.keyKind === 'id' ? row.user : foldLogin(row.user)
    if (key !== row.user) this.#write(row.user)
    const before = unpacked(this.#keys.get(key))
    if (key === row.user && !before.written) this.distinctUsers += 1
    const isDue = row.due === null || row.due <= now
    const signature = isDue ? this.#numberOf(signatureOf(row)) : before.signature
    if (!isDue) this.notDueRows += 1
    else if (signature === before.signature) this.duplicateRows += 1
    else this.#count(row)
    const actions =
      signature === before.signature ? before.actions : addToActions(before.actions, row.actions)
    this.#set(key, { signature, actions, written: before.written || key === row.user })
  }

  /** The users with a row that is due. */
  dueUsers(): number {
    let due = 0
    for (const value of this.#keys.values()) if (unpacked(value).signature !== null) due += 1
    return due
  }

  /** The users with a row that is due, and what these rows do with them. */
  *dueUsersSampled(): Iterable<SampledUser> {
    for (const [key, value] of this.#keys) {
      const { signature, actions } = unpacked(value)
      if (signature !== null) yield { key, actions }
    }
  }

  #write(key: string): void {
    if (this.#keys.has(key)) return
    this.distinctUsers += 1
    this.#set(key, { ...unknownKey, written: true })
  }

  #set(key: string, known: KnownKey): void {
    // A copy: a part of a longer text would keep all of that text in memory.
    this.#keys.set(this.#keys.has(key) ? key : Buffer.from(key).toString(), packed(known))
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
    distinctUsers: tallies.reduce((sum, tally) => sum + tally.distinctUsers, 0),
    dueUsers: tallies.reduce((sum, tally) => sum + tally.dueUsers(), 0),
    tasks: tallies.reduce((sum, tally) => sum + tally.tasks, 0),
    notDueRows: tallies.reduce((sum, tally) => sum + tally.notDueRows, 0),
    duplicateRows: tallies.reduce((sum, tally) => sum + tally.duplicateRows, 0),
    tasksToDo: [...tasksByAction.values()].reduce((sum, count) => sum + count, 0),
    tasksByAction,
    tasksByActionAndSendEmail: byActionAndSendEmail,
  }
}
