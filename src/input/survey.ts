import type { Action } from '../okta/actions.ts'
import type { ColumnMapping } from './column-mapping.ts'
import type { InputFile } from './input-file.ts'
import type { RowSettings } from './judge-row.ts'
import { readRows } from './read-rows.ts'
import type { InputRow, InvalidRow } from './row.ts'

/** Tasks by what their rows say about mail; `unset` where the row says nothing. */
interface SendEmailCounts {
  readonly unset: number
  readonly true: number
  readonly false: number
}

/** What an input holds, counted. Tasks are those of valid rows, duplicates included. */
export interface Survey {
  readonly rows: number
  readonly validRows: number
  readonly invalidRows: number
  /** The first of the invalid rows, at most 20. */
  readonly firstInvalid: readonly InvalidRow[]
  /** Different user keys of valid rows, as written after trimming. Letter case counts. */
  readonly distinctUsers: number
  readonly tasks: number
  /** Actions without a task are not in it. */
  readonly tasksByAction: ReadonlyMap<Action, number>
  readonly tasksByActionAndSendEmail: ReadonlyMap<Action, SendEmailCounts>
}

const mostInvalidKept = 20

/** Counts rows one by one. Only the different user keys are kept in memory, about 100 bytes each. */
export class SurveyCounter {
  #rows = 0
  #validRows = 0
  readonly #firstInvalid: InvalidRow[] = []
  readonly #users = new Set<string>()
  readonly #counts = new Map<Action, SendEmailCounts>()

  add(row: InputRow): void {
    this.#rows += 1
    if (row.kind === 'invalid') {
      if (this.#firstInvalid.length < mostInvalidKept) this.#firstInvalid.push(row)
      return
    }
    this.#validRows += 1
    // A copy: a part of a longer text would keep all of that text in memory.
    if (!this.#users.has(row.user)) this.#users.add(Buffer.from(row.user).toString())
    const which = row.sendEmail === null ? 'unset' : row.sendEmail ? 'true' : 'false'
    for (const action of row.actions) {
      const before = this.#counts.get(action) ?? { unset: 0, true: 0, false: 0 }
      this.#counts.set(action, { ...before, [which]: before[which] + 1 })
    }
  }

  /** What was counted so far. */
  survey(): Survey {
    const tasksByAction = new Map(
      [...this.#counts].map(([action, by]) => [action, by.unset + by.true + by.false]),
    )
    return {
      rows: this.#rows,
      validRows: this.#validRows,
      invalidRows: this.#rows - this.#validRows,
      firstInvalid: this.#firstInvalid,
      distinctUsers: this.#users.size,
      tasks: [...tasksByAction.values()].reduce((sum, count) => sum + count, 0),
      tasksByAction,
      tasksByActionAndSendEmail: this.#counts,
    }
  }
}

/** Counts what an input holds, in one pass. Throws KnownError as `readRows` does. */
export async function surveyInput(
  input: InputFile,
  mapping: ColumnMapping,
  settings: RowSettings,
  chunkBytes?: number,
): Promise<Survey> {
  const counter = new SurveyCounter()
  for await (const row of readRows(input, mapping, settings, chunkBytes)) counter.add(row)
  return counter.survey()
}
