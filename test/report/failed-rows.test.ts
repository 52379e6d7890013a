import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cell } from '../../src/input/row.ts'
import { failedCells, failedColumns, layOutFailed } from '../../src/report/failed-rows.ts'
import type { NotRead, ReportedTask, ReportRow } from '../../src/report/report-row.ts'
import { findEarlierWhy } from '../../src/report/why-column.ts'
import { cases } from '../support/cases.ts'

function taskOf(message: string, result: ReportedTask['result'] = 'failed'): ReportedTask {
  return {
    row: 1,
    step: 1,
    user: 'ada@example.com',
    action: 'suspend',
    result,
    reason: result === 'skipped' ? 'invalid_row' : null,
    status_before: null,
    status_after: null,
    http_status: null,
    error_code: null,
    message,
    attempts: 1,
    started_at: null,
    finished_at: null,
    okta_user_id: null,
    okta_login: null,
    okta_request_id: null,
    due_at: null,
    lag_seconds: null,
  }
}

function rowOf(cells: Record<string, Cell>, task: ReportedTask, notRead: NotRead | null = null): ReportRow {
  return { row: 1, cells: new Map(Object.entries(cells)), tasks: [task], excused: [], notRead }
}

/** The table that a run over these rows leaves, as the columns and the cells of each row. */
async function fedOf(
  columns: readonly string[],
  rows: readonly ReportRow[],
  used: readonly string[] = [],
): Promise<{ columns: readonly string[]; rows: readonly (readonly (Cell | undefined)[])[] }> {
  const earlier = await findEarlierWhy(columns, used, async function* () {
    yield* rows
  })
  const layout = layOutFailed(columns, [], earlier)
  return { columns: failedColumns(layout), rows: rows.map((row) => failedCells(row, layout)) }
}

const failed = taskOf('no such user')

describe('the column why', () => {
  test.each<[string, readonly string[], Record<string, Cell>, readonly string[], readonly Cell[]]>([
    ['is added', ['user'], { user: 'a' }, ['user', 'why'], ['a', 'failed: no such user']],
    [
      "stands beside the input's own, the last one, which has a text of its own",
      ['user', 'why'],
      { user: 'a', why: 'resigned' },
      ['user', 'why', 'failed_why'],
      ['a', 'resigned', 'failed: no such user'],
    ],
    [
      'gives way where it comes from an earlier failed.csv, and its text stays',
      ['user', 'why'],
      { user: 'a', why: 'failed: locked' },
      ['user', 'why'],
      ['a', 'failed: no such user; before: failed: locked'],
    ],
    [
      'does not grow where the same went wrong again',
      ['user', 'why'],
      { user: 'a', why: 'failed: no such user; before: failed: locked' },
      ['user', 'why'],
      ['a', 'failed: no such user; before: failed: locked'],
    ],
    [
      "is the input's own in another spelling",
      ['user', 'Why'],
      { user: 'a', Why: 'failed: locked' },
      ['user', 'Why', 'failed_why'],
      ['a', 'failed: locked', 'failed: no such user'],
    ],
    [
      'has a further name where both are taken',
      ['failed_why', 'why', 'user'],
      { failed_why: 'x', why: 'y', user: 'a' },
      ['failed_why', 'why', 'user', 'failed_why_2'],
      ['x', 'y', 'a', 'failed: no such user'],
    ],
  ])('%s', async (_, columns, cells, expectedColumns, expected) => {
    const { columns: found, rows } = await fedOf(columns, [rowOf(cells, failed)])
    expect(found).toEqual(expectedColumns)
    expect(rows).toEqual([expected])
  })

  test("is the input's own where one row of many has another text, or where the job uses it", async () => {
    const rows = [
      rowOf({ user: 'a', why: 'failed: locked' }, failed),
      rowOf({ user: 'b', why: 'see ticket 7' }, failed),
    ]
    expect((await fedOf(['user', 'why'], rows)).columns).toEqual(['user', 'why', 'failed_why'])
    expect((await fedOf(['user', 'why'], rows.slice(0, 1), ['why'])).columns).toEqual([
      'user',
      'why',
      'failed_why',
    ])
  })
})

describe('a row that was not read', () => {
  const bad = taskOf('the row could not be read before', 'skipped')
  const raw = ['Bob', 'Katz', 'b@example.com', 'not read: the row has 3 cells, but 2 were expected']

  test('comes back cell for cell when it is fed again unchanged', async () => {
    const { columns, rows } = await fedOf(['user', 'mail', 'why'], [rowOf({}, bad, { raw })])
    expect(columns).toEqual(['user', 'mail', 'why'])
    expect(rows).toEqual([raw])
  })

  test('keeps its mark where it has the right number of cells, under the one column that is to be emptied', async () => {
    const cells = { user: 'Total', why: 'not read: no @' }
    expect((await fedOf(['user', 'why'], [rowOf(cells, bad)])).rows).toEqual([['Total', 'not read: no @']])
    const note = rowOf({ user: 'a', why: 'see ticket 7' }, failed)
    expect((await fedOf(['user', 'why'], [rowOf(cells, bad), note])).rows).toEqual([
      ['Total', '', 'not read: no @'],
      ['a', 'see ticket 7', 'failed: no such user'],
    ])
  })

  test('keeps what slid under why when the mark was emptied and the row not put right', async () => {
    const row = rowOf(
      { user: 'Bob', mail: 'Katz', why: 'b@example.com' },
      taskOf('the row has 4 cells, but 3 were expected', 'skipped'),
      { raw: ['Bob', 'Katz', 'b@example.com', ''] },
    )
    expect((await fedOf(['user', 'mail', 'why'], [row])).rows).toEqual([
      ['Bob', 'Katz', 'b@example.com', 'not read: the row has 4 cells, but 3 were expected'],
    ])
  })

  test('keeps a cell that begins like a mark in a file that has none', async () => {
    const own = ['not read: the letter', 'b', 'c']
    const row = rowOf({}, taskOf('the row has 3 cells, but 2 were expected', 'skipped'), { raw: own })
    expect((await fedOf(['note', 'user'], [row])).rows).toEqual([
      [...own, 'not read: the row has 3 cells, but 2 were expected'],
    ])
  })
})

const name = fc.oneof(
  fc.constantFrom('user', 'why', 'failed_why', 'failed_why_2', 'Why', 'note'),
  fc.string(),
)
const cell = fc.oneof(
  fc.constantFrom('', 'failed', 'failed: locked', 'not read: x', 'skipped: x', 'resigned', 'not run'),
  fc.string(),
)

test('whatever the input, no text of a row is lost, and feeding it again adds at most two columns', async () => {
  const inputs = fc
    .uniqueArray(name, { minLength: 1, maxLength: 5, selector: (one) => one.trim().toLowerCase() })
    .chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(fc.array(cell, { minLength: columns.length, maxLength: columns.length }), {
          minLength: 1,
          maxLength: 3,
        }),
        messages: fc.array(fc.constantFrom('', 'no such user', 'locked'), { minLength: 4, maxLength: 4 }),
      }),
    )
  await fc.assert(
    fc.asyncProperty(inputs, async ({ columns, rows, messages }) => {
      let table: { columns: readonly string[]; rows: readonly (readonly (Cell | undefined)[])[] } = {
        columns,
        rows,
      }
      for (const message of messages) {
        const read = table.rows.map((cells) => ({
          ...rowOf({}, taskOf(message)),
          cells: new Map(table.columns.map((column, index) => [column, cells[index] ?? ''])),
        }))
        table = await fedOf(table.columns, read)
        expect(new Set(table.columns.map((column) => column.trim().toLowerCase())).size).toBe(
          table.columns.length,
        )
      }
      expect(table.columns.length).toBeLessThanOrEqual(columns.length + 2)
      for (const [index, cells] of rows.entries())
        for (const text of cells)
          expect(table.rows[index]?.some((found) => String(found).includes(text))).toBe(true)
    }),
    { numRuns: cases(200) },
  )
})
