import * as z from 'zod'
import { foldLogin, normalizeUserKey } from '../okta/user.ts'
import { Column } from '../rules/column.ts'
import { NameTable } from '../rules/name-table.ts'
import { expectedSkips } from '../rules/result.ts'
import type { ReportedTask, ReportRow } from './report-row.ts'

const count = z.int().min(0)

/** The people of a run, each counted once: `total` is the sum of the others. */
export const peopleSchema = z
  .strictObject({
    total: count,
    done: count.describe(
      'All their tasks succeeded or were unchanged; duplicates, and rows that were not selected or not due, do not count.',
    ),
    need_you: count.describe(
      'A task of theirs failed, is in doubt, unsettled or not run, was skipped for a reason that someone must look at, or was applied and its activation link is lost.',
    ),
    left_alone: count.describe(
      'All others: the input or the job asked to leave them alone, for now or for good.',
    ),
  })
  .describe(
    'People, each counted by Okta id, or by key if the id is not known; total is the sum of the others.',
  )

export type People = Readonly<z.infer<typeof peopleSchema>>

/**
 * What a task says about its person. `nothing`: a duplicate, a failure that the job allows for, or a row that was not
 * selected or not due: somebody whom another row deactivated was not left alone.
 */
export type Standing = 'done' | 'needs_you' | 'left_alone' | 'nothing'

/** @param excused the steps of the task's row whose failure the job allows for */
export function standingOf(
  {
    step,
    result,
    reason,
    activation_link: link,
  }: Pick<ReportedTask, 'step' | 'result' | 'reason' | 'activation_link'>,
  excused: readonly number[],
): Standing {
  // Whoever was activated and has no link has no way in.
  if (link === 'lost') return 'needs_you'
  if (result === 'succeeded' || result === 'unchanged') return 'done'
  if (result === 'failed' && excused.includes(step)) return 'nothing'
  if (result !== 'skipped' || reason === null) return 'needs_you'
  if (reason === 'duplicate' || reason === 'not_selected' || reason === 'not_due') return 'nothing'
  return reason !== 'other_user' && expectedSkips.has(reason) ? 'left_alone' : 'needs_you'
}

/** The bits in which a person's standings are kept. */
const bits: Readonly<Record<Standing, number>> = { nothing: 0, done: 1, left_alone: 2, needs_you: 4 }

/** Counts the people of rows. Keeps about 30 bytes a person. */
export class PeopleCounter {
  readonly #names = new NameTable()
  /** For each person's number, the number of the person that it turned out to be: mostly the same number. */
  readonly #same = new Column((length) => new Uint32Array(length))
  readonly #bits = new Column((length) => new Uint8Array(length))
  #persons = 0

  add(row: Pick<ReportRow, 'row' | 'tasks' | 'excused'>): void {
    if (row.tasks.length === 0) return
    const person = this.#personOf(namesOf(row))
    for (const task of row.tasks) {
      this.#bits.set(person, this.#bits.get(person) | bits[standingOf(task, row.excused)])
    }
  }

  people(): People {
    const counts = { total: 0, done: 0, need_you: 0, left_alone: 0 }
    for (let person = 0; person < this.#persons; person++) {
      if (this.#same.get(person) !== person) continue
      const found = this.#bits.get(person)
      counts.total++
      if ((found & bits.needs_you) !== 0) counts.need_you++
      else if (found === bits.done) counts.done++
      else counts.left_alone++
    }
    return counts
  }

  /** The person with any of these names. Two that were counted separately become one. */
  #personOf(names: readonly string[]): number {
    let person: number | null = null
    for (const name of names) {
      const known = this.#find(this.#names.numberOf(name, person ?? this.#persons))
      if (known === this.#persons) this.#addPerson()
      person = person === null ? known : this.#join(person, known)
    }
    return person ?? 0
  }

  #join(some: number, other: number): number {
    if (some === other) return some
    this.#same.set(other, some)
    this.#bits.set(some, this.#bits.get(some) | this.#bits.get(other))
    return some
  }

  #find(person: number): number {
    let found = person
    while (found < this.#persons) {
      const next = this.#same.get(found)
      if (next === found) return found
      found = next
    }
    return found
  }

  #addPerson(): void {
    this.#same.set(this.#persons, this.#persons)
    this.#persons++
  }
}

/**
 * The names of a row's user: the id in Okta, the key, and the login that Okta showed, so that a row that was never sent
 * is counted with the others of its user. A row without a key is a person of its own: nobody knows who.
 */
function namesOf({ row, tasks }: Pick<ReportRow, 'row' | 'tasks'>): readonly string[] {
  const names = new Set<string>()
  for (const { user, okta_user_id: id, okta_login: login } of tasks) {
    if (id !== null) names.add(id)
    if (user !== '') names.add(normalizeUserKey(user))
    if (login !== null && login !== '') names.add(foldLogin(login))
  }
  return names.size > 0 ? [...names] : [`row ${row}`]
}
