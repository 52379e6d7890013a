import { expect, it } from 'vitest'
import { needsColumn } from '../../src/page/columns.ts'
import { resultColumns } from '../../src/report/columns.ts'
import { PageSink } from '../../src/report/page-sink.ts'
import type { PageWriter } from '../../src/report/page-writer.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedTask } from '../../src/report/report-row.ts'

/** A sink that was given tasks, one a row, and what it wrote. */
async function sinkWith(tasks: readonly ReportedTask[], excused: readonly number[] = []) {
  const written: string[] = []
  const writer: Pick<PageWriter, 'hasRows' | 'writeRows'> = {
    hasRows: true,
    writeRows: async (rows) => {
      written.push(...rows)
    },
  }
  const sink = new PageSink(writer)
  const rows = tasks.map((task) => ({
    row: task.row,
    cells: new Map(),
    tasks: [task],
    excused,
    notRead: null,
  }))
  await sink.take(
    rows,
    tasks.map((task) => [...resultColumns.map((column) => task[column]), 'own']),
  )
  return { sink, written: written.map((row) => JSON.parse(row) as unknown[]) }
}

function taskOf(row: number, more: Partial<ReportedTask>): ReportedTask {
  return {
    ...pendingTask({ row, step: 1, user: `user${row}@example.com`, action: 'suspend' }, null),
    ...more,
  }
}

it('tells tasks that end in the same way but need something else apart', async () => {
  const tasks = [
    taskOf(1, { result: 'skipped', reason: 'protected' }),
    taskOf(2, { result: 'skipped', reason: 'duplicate' }),
    taskOf(3, { result: 'skipped', reason: 'token_owner' }),
    taskOf(4, { result: 'succeeded' }),
  ]
  const { sink, written } = await sinkWith(tasks)
  const needs = written.map((row) => row.at(-1))
  expect(needs).toEqual(['protected by a guard', null, 'the owner of the API token', null])
  for (const kind of sink.attention.attention(() => null)) {
    expect(needs.filter((need) => need === kind.filters[needsColumn])).toHaveLength(kind.tasks)
  }
  expect(sink.values()[needsColumn]?.map(({ count }) => count)).toEqual([2, 1, 1])
})

it('a failure that the job allows for needs nobody', async () => {
  const { written } = await sinkWith([taskOf(1, { result: 'failed', error_code: 'E0000001' })], [1])
  expect(written[0]?.at(-1)).toBeNull()
})

it('offers no more values of a column than a person can choose from, the most frequent ones', async () => {
  const tasks = Array.from({ length: 1000 }, (_, index) =>
    taskOf(index + 1, { action: index % 2 === 0 ? 'suspend' : `other ${index}` }),
  )
  const { sink } = await sinkWith(tasks)
  const values = sink.values().action ?? []
  expect(values).toHaveLength(100)
  expect(values[0]).toEqual({ value: 'suspend', count: 500 })
})
