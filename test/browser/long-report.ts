import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { resultColumns } from '../../src/report/columns.ts'
import { PageSink } from '../../src/report/page-sink.ts'
import { PageWriter } from '../../src/report/page-writer.ts'
import type { ReportedTask, ReportRow } from '../../src/report/report-row.ts'

/** The most rows that a page has. */
export const longCount = 100_000

/** Someone whom a search finds among all. */
export const oneOfMany = { row: 77_777, name: 'Ñandú Okonkwo' } as const

/** A thousand of the rows have failed. */
const failed: Partial<ReportedTask> = {
  result: 'failed',
  status_after: 'ACTIVE',
  http_status: 403,
  error_code: 'E0000023',
  message: 'Managed by another directory',
}

function taskOf(row: number): ReportedTask {
  const time = new Date(Date.UTC(2026, 10, 26) + row * 97).toISOString()
  const login = `person${row}@example.com`
  return {
    ...{ row, step: 1, user: login, action: 'suspend', result: 'succeeded', reason: null },
    ...{
      status_before: 'ACTIVE',
      status_after: 'SUSPENDED',
      http_status: 200,
      error_code: null,
      message: '',
    },
    ...{ attempts: 1, started_at: time, finished_at: time, due_at: null, lag_seconds: null },
    okta_user_id: `00uLong${String(row).padStart(13, '0')}`,
    okta_login: login,
    okta_request_id: `request${row}`,
    ...(row % 100 === 0 ? failed : {}),
  }
}

function rowOf(row: number): ReportRow {
  return { row, cells: new Map(), tasks: [taskOf(row)], excused: [], notRead: null }
}

/** Writes a page with as many rows as a page can have; returns its path. */
export async function writeLongReport(directory: string): Promise<string> {
  const place = join(directory, 'long')
  await mkdir(place)
  const writer = await PageWriter.open(place, 'long', longCount)
  const sink = new PageSink(writer)
  for (let first = 1; first <= longCount; first += 500) {
    const rows = Array.from({ length: 500 }, (_, index) => rowOf(first + index))
    await sink.take(
      rows,
      rows.flatMap(({ tasks }) => tasks.map(cellsOf)),
    )
  }
  const done = longCount - longCount / 100
  await writer.finish(
    {
      ...{ headline: '99,000 of 100,000 people are suspended. 1,000 need you.', run: 'long', job: 'leavers' },
      ...{ org: 'https://example.okta.com', stopped: null, next: 'okta-lifecycle retry runs/long' },
      people: { total: longCount, done, need_you: longCount - done, left_alone: 0 },
      totals: [{ name: 'tasks', count: longCount, parts: [{ name: 'succeeded', count: done }] }],
      attention: sink.attention.attention(() => 'okta-lifecycle retry runs/long'),
      values: sink.values(),
      finished: '2026-11-26T02:41:40.000Z',
      firstOfInput: resultColumns.length,
      ...{ lag: null, timeline: null, facts: [], notShown: [] },
      columns: [...resultColumns, 'name', 'department', 'city'],
      ...{ tasks: longCount, resultsFile: 'results.csv' },
    },
    async () => {},
  )
  return join(place, 'report.html')
}

function cellsOf(task: ReportedTask) {
  const name = task.row === oneOfMany.row ? oneOfMany.name : `Person ${task.row} of many`
  return [...resultColumns.map((column) => task[column]), name, `Department ${task.row % 40}`, 'Vienna']
}
