import { expect, it } from 'vitest'
import { Problems } from '../../src/notify/problems.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedTask } from '../../src/report/report-row.ts'

function taskOf(row: number, more: Partial<ReportedTask>): ReportedTask {
  return { ...pendingTask({ row, step: 1, user: `user${row}`, action: 'activate' }, null), ...more }
}

it('collects what somebody must look at, and nothing that went as asked', () => {
  const problems = new Problems(3)
  for (const task of [
    taskOf(1, { result: 'succeeded' }),
    taskOf(2, { result: 'succeeded', activation_link: 'lost', message: 'its activation link is lost' }),
    taskOf(3, { result: 'skipped', reason: 'duplicate' }),
    taskOf(4, { result: 'skipped', reason: 'not_due' }),
    taskOf(5, { result: 'skipped', reason: 'only_status' }),
    taskOf(6, { result: 'skipped', reason: 'protected' }),
    taskOf(7, { result: 'failed' }),
    taskOf(8, { result: 'failed' }),
  ])
    problems.add({ tasks: [task], excused: [] })
  expect(problems.found.map(({ row }) => row)).toEqual([2, 6, 7])
  const excused = new Problems()
  excused.add({ tasks: [taskOf(1, { result: 'failed' })], excused: [1] })
  expect(excused.found).toEqual([])
})
