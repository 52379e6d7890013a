import type { Action } from '../okta/actions.ts'
import type { ColumnMapping } from './column-mapping.ts'
import type { InputFile } from './input-file.ts'
import type { RowSettings } from './judge-row.ts'
import { readRows } from './read-rows.ts'
import type { InvalidRow, ValidRow } from './row.ts'

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

function add(counts: Map<Action, SendEmailCounts>, { actions, sendEmail }: ValidRow): void {
  const which = sendEmail === null ? 'unset' : sendEmail ? 'true' : 'false'
  for (const action of actions) {
    const before = counts.get(action) ?? { unset: 0, true: 0, false: 0 }
    counts.set(action, { ...before, [which]: before[which] + 1 })
  }
}

/**
 * Counts what an input holds, in one pass. Only the different user keys are kept in memory, about 100 bytes each.
 * Throws KnownError as `readRows` does.
 */
export async function surveyInput(
  input: InputFile,
  mapping: ColumnMapping,
  settings: RowSettings,
  chunkBytes?: number,
): Promise<Survey> {
  let rows = 0
  let validRows = 0
  const firstInvalid: InvalidRow[] = []
  const users = new Set<string>()
  const counts = new Map<Action, SendEmailCounts>()
  for await (const row of readRows(input, mapping, settings, chunkBytes)) {
    rows += 1
    if (row.kind === 'invalid') {
      if (firstInvalid.length < mostInvalidKept) firstInvalid.push(row)
      continue
    }
    validRows += 1
    // A copy: a part of a longer text would keep all of that text in memory.
    if (!users.has(row.user)) users.add(Buffer.from(row.user).toString())
    add(counts, row)
  }
  const tasksByAction = new Map([...counts].map(([action, by]) => [action, by.unset + by.true + by.false]))
  return {
    rows,
    validRows,
    invalidRows: rows - validRows,
    firstInvalid,
    distinctUsers: users.size,
    tasks: [...tasksByAction.values()].reduce((sum, count) => sum + count, 0),
    tasksByAction,
    tasksByActionAndSendEmail: counts,
  }
}
