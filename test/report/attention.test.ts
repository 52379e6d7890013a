import { expect, it } from 'vitest'
import { needsColumn } from '../../src/page/columns.ts'
import { AttentionCounter } from '../../src/report/attention.ts'
import { attentionKindOf } from '../../src/report/attention-kinds.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedTask } from '../../src/report/report-row.ts'
import { expectedSkips, skipReasons } from '../../src/rules/result.ts'

function taskOf(row: number, more: Partial<ReportedTask>): ReportedTask {
  return {
    ...pendingTask({ row, step: 1, user: `user${row}@example.com`, action: 'suspend' }, null),
    ...more,
  }
}

function attentionOf(tasks: readonly ReportedTask[], excused: readonly number[] = []) {
  const counter = new AttentionCounter()
  for (const task of tasks) counter.add({ tasks: [task], excused })
  return counter.attention((way) => `type ${way}`)
}

it('says nothing of what ended as it should', () => {
  expect(
    attentionOf([
      taskOf(1, { result: 'succeeded' }),
      taskOf(2, { result: 'unchanged' }),
      taskOf(3, { result: 'skipped', reason: 'not_due' }),
    ]),
  ).toEqual([])
  expect(attentionOf([taskOf(1, { result: 'failed' })], [1])).toEqual([])
})

it('names a lost activation link, even of a task that succeeded', () => {
  const lost = taskOf(1, { result: 'succeeded', activation_link: 'lost', message: 'lost' })
  expect(attentionOf([lost, taskOf(2, { result: 'succeeded' })])).toMatchObject([
    { title: 'done, but the activation link is lost', tasks: 1, command: 'type new_links' },
  ])
})

it('counts each kind, the most urgent first, with what to do and what to type', () => {
  const found = attentionOf([
    taskOf(1, { result: 'not_run' }),
    taskOf(2, { result: 'failed', error_code: 'E0000007', message: 'not found', okta_login: null }),
    taskOf(3, { result: 'failed', error_code: 'E0000006', attempts: 1, okta_login: 'cyd@example.com' }),
    taskOf(4, { result: 'failed', error_code: 'E0000006', attempts: 1 }),
    taskOf(5, { result: 'failed', message: 'user is STAGED' }),
    taskOf(6, { result: 'failed', attempts: 2 }),
    taskOf(7, { result: 'skipped', reason: 'protected' }),
    taskOf(8, { result: 'in_doubt', attempts: 1 }),
    taskOf(9, { result: 'unsettled', attempts: 1 }),
  ])
  expect(found.map(({ title, tasks, command }) => [title, tasks, command])).toEqual([
    ['in doubt: may have been done', 1, 'type retry'],
    ['sent, outcome not known yet', 1, 'type resume'],
    ['not permitted for this token', 2, 'type retry'],
    ['not found in Okta', 1, 'type feed'],
    ['failed without being sent', 1, 'type retry'],
    ['failed', 1, 'type retry'],
    ['protected by a guard', 1, 'type none'],
    ['not run', 1, 'type resume'],
  ])
  expect(found[2]).toMatchObject({
    result: 'failed',
    filters: { [needsColumn]: 'not permitted for this token' },
    examples: [
      { row: 3, user: 'cyd@example.com' },
      { row: 4, user: 'user4@example.com' },
    ],
  })
})

it('names some of very many, and counts all', () => {
  const [kind] = attentionOf(
    Array.from({ length: 500 }, (_, index) => taskOf(index + 1, { result: 'not_run' })),
  )
  expect(kind?.tasks).toBe(500)
  expect(kind?.examples.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

it('has words of its own for every reason that someone must look at, and for any code', () => {
  const reasons = skipReasons.filter((reason) => !expectedSkips.has(reason))
  const titles = reasons.map((reason) => attentionKindOf(taskOf(1, { result: 'skipped', reason })).title)
  expect(new Set(titles).size).toBe(reasons.length)
  expect(attentionKindOf(taskOf(1, { result: 'failed', error_code: 'E0000999' })).title).toBe(
    'refused by Okta (E0000999)',
  )
})
