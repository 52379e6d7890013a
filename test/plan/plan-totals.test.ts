import { describe, expect, it } from 'vitest'
import { createPlanCounter } from '../../src/plan/plan-totals.ts'
import type { Expectation } from '../../src/rules/expectation.ts'
import { rowOf } from './support.ts'

const job = {
  options: { send_email: null, respond_async: false, in_doubt: 'keep' },
  read_first: true,
  verify: { actions: 'deactivate', for_seconds: 60 },
} as const

/** Rows as `[actions, what is expected of each, send_email]`. */
type Planned = readonly [actions: string, expected: readonly Expectation[], sendEmail?: boolean]

function counterOf(rows: readonly Planned[], more: Partial<Parameters<typeof createPlanCounter>[0]> = {}) {
  const options = { ...job, ...more }
  const counter = createPlanCounter(options)
  for (const [index, [actions, expected, sendEmail]] of rows.entries()) {
    const row = rowOf(index + 1, sendEmail === undefined ? ['ada', actions] : ['ada', actions, sendEmail])
    const tasks = actions.split(' ').map((action, at) => ({
      row: index + 1,
      step: at + 1,
      user: 'ada',
      okta_login: null,
      action,
      status: null,
      expected: expected[at] ?? 'unknown',
      reason: null,
    }))
    counter.add({ row, tasks, skipped: null, isRead: options.read_first, looksUpRoles: false, user: null })
  }
  return counter
}

describe('totals', () => {
  it('count rows and tasks, by what is expected and by action', () => {
    const counter = counterOf([
      ['suspend deactivate', ['succeeded', 'succeeded']],
      ['suspend', ['failed']],
      ['unlock', ['unknown']],
    ])
    const none = { succeeded: 0, unchanged: 0, failed: 0, skipped: 0, unknown: 0 }
    expect(counter.totals()).toEqual({
      rows: 3,
      control_totals: { rows: 3, with_tasks: 3, bad: 0, not_selected: 0, not_due: 0, duplicates: 0 },
      tasks: 4,
      expected: { ...none, succeeded: 2, failed: 1, unknown: 1 },
      actions: {
        suspend: { ...none, succeeded: 1, failed: 1 },
        deactivate: { ...none, succeeded: 1 },
        unlock: { ...none, unknown: 1 },
      },
      statuses: { unknown: { ...none, succeeded: 2, failed: 1, unknown: 1 } },
      users: 1,
      deactivated_users: 1,
      directory_users: 0,
      mails: 0,
    })
  })

  it('count a mail for what would be sent: by the row, else the job, else Okta’s own default', () => {
    const rows: readonly Planned[] = [
      ['activate', ['succeeded']],
      ['activate', ['unknown'], false],
      ['activate', ['unchanged']],
      ['deactivate', ['unknown'], true],
      ['deactivate', ['succeeded']],
      ['suspend', ['succeeded'], true],
    ]
    expect(counterOf(rows).totals().mails).toBe(2)
    expect(counterOf(rows, { options: { ...job.options, send_email: false } }).totals().mails).toBe(1)
    expect(counterOf(rows, { options: { ...job.options, send_email: true } }).totals().mails).toBe(3)
  })
})

describe('requests', () => {
  it('are the owner’s read, one for each row, and those after a call', () => {
    expect(counterOf([]).requests()).toEqual({ reads: 1, lifecycle: 0 })
    expect(counterOf([['suspend', ['failed']]]).requests()).toEqual({ reads: 2, lifecycle: 0 })
    expect(counterOf([['suspend deactivate', ['succeeded', 'succeeded']]]).requests()).toEqual({
      reads: 4,
      lifecycle: 2,
    })
    expect(counterOf([['suspend deactivate', ['unchanged', 'succeeded']]]).requests()).toEqual({
      reads: 3,
      lifecycle: 1,
    })
    expect(counterOf([['activate', ['succeeded']]]).requests()).toEqual({ reads: 3, lifecycle: 1 })
    expect(counterOf([['reset_factors', ['succeeded']]]).requests()).toEqual({ reads: 2, lifecycle: 1 })
  })

  it('count the look that verifies a row’s last call: a read, or a lifecycle call for factors', () => {
    const verify = (actions: 'all' | 'none') => ({ verify: { actions, for_seconds: 60 } })
    const rows = (action: string): readonly Planned[] => [[action, ['succeeded']]]
    expect(counterOf(rows('deactivate')).requests()).toEqual({ reads: 3, lifecycle: 1 })
    expect(counterOf(rows('deactivate'), verify('none')).requests()).toEqual({ reads: 2, lifecycle: 1 })
    expect(counterOf(rows('suspend'), verify('all')).requests()).toEqual({ reads: 3, lifecycle: 1 })
    expect(counterOf(rows('activate'), verify('all')).requests()).toEqual({ reads: 3, lifecycle: 1 })
    expect(counterOf(rows('reset_factors'), verify('all')).requests()).toEqual({ reads: 2, lifecycle: 2 })
    const twice: readonly Planned[] = [['deactivate activate', ['succeeded', 'succeeded']]]
    expect(counterOf(twice).requests()).toEqual({ reads: 4, lifecycle: 2 })
  })

  it('are the calls and the owner’s read alone where users are not read', () => {
    const rows: readonly Planned[] = [['activate suspend', ['unknown', 'unknown']]]
    expect(counterOf(rows, { read_first: false }).requests()).toEqual({ reads: 1, lifecycle: 2 })
  })
})
