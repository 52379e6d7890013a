import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goalOf, headlineOf } from '../../src/report/headline.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import { PeopleCounter } from '../../src/report/people.ts'
import type { ReportedTask, ReportRow } from '../../src/report/report-row.ts'

type Row = Pick<ReportRow, 'row' | 'tasks' | 'excused'>

function task(row: number, user: string, more: Partial<ReportedTask>): ReportedTask {
  return { ...pendingTask({ row, step: 1, user, action: 'suspend' }, null), ...more }
}

function peopleOf(rows: readonly Row[]) {
  const counter = new PeopleCounter()
  for (const row of rows) counter.add(row)
  return counter.people()
}

const idOf = (n: number): string => `00u${String(n).padStart(17, '0')}`

describe('who is done, who needs you, who was left alone', () => {
  const standing = (...tasks: Partial<ReportedTask>[]) =>
    peopleOf([
      {
        row: 1,
        tasks: tasks.map((more, index) => task(1, 'ada@example.com', { step: index + 1, ...more })),
        excused: [],
      },
    ])
  const done = { total: 1, done: 1, need_you: 0, left_alone: 0 }
  const needsYou = { total: 1, done: 0, need_you: 1, left_alone: 0 }
  const leftAlone = { total: 1, done: 0, need_you: 0, left_alone: 1 }

  it.each([
    ['succeeded', null, done],
    ['unchanged', null, done],
    ['failed', null, needsYou],
    ['in_doubt', null, needsYou],
    ['unsettled', null, needsYou],
    ['not_run', null, needsYou],
    ['skipped', 'only_status', leftAlone],
    ['skipped', 'not_selected', leftAlone],
    ['skipped', 'not_due', leftAlone],
    ['skipped', 'protected', needsYou],
    ['skipped', 'other_login', needsYou],
    ['skipped', 'invalid_row', needsYou],
    ['skipped', null, needsYou],
  ] as const)('%s %s', (result, reason, expected) => {
    expect(standing({ result, reason })).toEqual(expected)
  })

  it('all tasks must be done, and one that needs you decides', () => {
    expect(standing({ result: 'succeeded' }, { result: 'unchanged' })).toEqual(done)
    expect(standing({ result: 'succeeded' }, { result: 'skipped', reason: 'only_status' })).toEqual(leftAlone)
    expect(standing({ result: 'succeeded' }, { result: 'skipped', reason: 'not_due' })).toEqual(done)
    expect(standing({ result: 'skipped', reason: 'not_selected' }, { result: 'unchanged' })).toEqual(done)
    expect(standing({ result: 'skipped', reason: 'not_due' })).toEqual(leftAlone)
    expect(standing({ result: 'skipped', reason: 'not_due' }, { result: 'failed' })).toEqual(needsYou)
  })

  it('a step whose failure the job allows for does not count', () => {
    const tasks = [
      task(1, 'ada@example.com', { result: 'failed' }),
      task(1, 'ada@example.com', { step: 2, result: 'succeeded' }),
    ]
    expect(peopleOf([{ row: 1, tasks, excused: [1] }])).toEqual(done)
    expect(peopleOf([{ row: 1, tasks, excused: [] }])).toEqual(needsYou)
  })

  it('a duplicate does not count, its user does', () => {
    expect(
      peopleOf([
        { row: 1, tasks: [task(1, 'ada@example.com', { result: 'succeeded' })], excused: [] },
        {
          row: 2,
          tasks: [task(2, 'ada@example.com', { result: 'skipped', reason: 'duplicate' })],
          excused: [],
        },
      ]),
    ).toEqual(done)
  })
})

describe('who is one person', () => {
  const row = (number: number, user: string, more: Partial<ReportedTask>): Row => ({
    row: number,
    tasks: [task(number, user, more)],
    excused: [],
  })

  it('an id, the login behind it and a row of it that was never sent', () => {
    const id = idOf(1)
    const rows = [
      row(1, id, { result: 'succeeded', okta_user_id: id, okta_login: 'Ada@example.com' }),
      row(2, 'ada@example.com', { result: 'not_run' }),
    ]
    expect(peopleOf(rows)).toEqual({ total: 1, done: 0, need_you: 1, left_alone: 0 })
    expect(peopleOf(rows.toReversed())).toEqual({ total: 1, done: 0, need_you: 1, left_alone: 0 })
  })

  it('two that turn out to be one are joined', () => {
    const rows = [
      row(1, 'ada@example.com', { result: 'not_run' }),
      row(2, idOf(1), { result: 'succeeded', okta_user_id: idOf(1) }),
      row(3, 'ada@example.com', { result: 'succeeded', okta_user_id: idOf(1) }),
    ]
    expect(peopleOf(rows)).toEqual({ total: 1, done: 0, need_you: 1, left_alone: 0 })
  })

  it('rows without a key are persons of their own, and a bad row is one by its key', () => {
    const bad = { result: 'skipped', reason: 'invalid_row' } as const
    const rows = [row(1, '', bad), row(2, '', bad), row(3, 'bob', bad), row(4, 'bob', bad)]
    expect(peopleOf(rows)).toEqual({ total: 3, done: 0, need_you: 3, left_alone: 0 })
  })

  it('agrees with a count by sets, for thousands of people in any order', () => {
    const standing = fc.constantFrom(
      { result: 'succeeded', reason: null },
      { result: 'failed', reason: null },
      { result: 'skipped', reason: 'not_due' },
    ) as fc.Arbitrary<Partial<ReportedTask>>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3000), standing), { maxLength: 5000 }), (given) => {
        const byPerson = new Map<number, Set<string>>()
        for (const [person, { result }] of given) {
          byPerson.set(person, (byPerson.get(person) ?? new Set()).add(String(result)))
        }
        const found = [...byPerson.values()]
        const expected = {
          total: found.length,
          // A row that is not due yet takes nothing from what another has done.
          done: found.filter((results) => results.has('succeeded') && !results.has('failed')).length,
          need_you: found.filter((results) => results.has('failed')).length,
        }
        const people = peopleOf(
          given.map(([person, more], index) => row(index + 1, `user${person}@example.com`, more)),
        )
        expect(people).toEqual({
          ...expected,
          left_alone: expected.total - expected.done - expected.need_you,
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe('the headline', () => {
  it.each([
    [{ total: 415, done: 412, need_you: 3, left_alone: 0 }, '412 of 415 people are deactivated. 3 need you.'],
    [{ total: 1, done: 1, need_you: 0, left_alone: 0 }, '1 of 1 person is deactivated. Nobody needs you.'],
    [{ total: 1, done: 0, need_you: 1, left_alone: 0 }, '0 of 1 person is deactivated. 1 needs you.'],
    [
      { total: 12_345, done: 0, need_you: 1, left_alone: 12_344 },
      '0 of 12,345 people are deactivated. 1 needs you. 12,344 were left alone, as asked.',
    ],
    [
      { total: 0, done: 0, need_you: 0, left_alone: 0 },
      'The input names nobody, so there was nothing to do.',
    ],
  ])('%j', (people, expected) => {
    expect(headlineOf(people, 'deactivate')).toBe(expected)
  })

  it('says how many accepted calls nobody could verify', () => {
    const people = { total: 4, done: 4, need_you: 0, left_alone: 0 }
    const all = '4 of 4 people are deactivated. Nobody needs you.'
    expect(headlineOf(people, 'deactivate', 4)).toBe(`${all} 4 calls that Okta accepted are not verified.`)
    expect(headlineOf(people, 'deactivate', 1)).toBe(`${all} 1 call that Okta accepted is not verified.`)
  })

  it('names no action where people were led to different ones', () => {
    expect(headlineOf({ total: 2, done: 1, need_you: 1, left_alone: 0 }, null)).toBe(
      '1 of 2 people is done. 1 needs you.',
    )
  })

  it("goes by the job's last step, else by the only action of the rows", () => {
    expect(goalOf(['suspend', 'deactivate'], ['suspend', 'deactivate'])).toBe('deactivate')
    expect(goalOf(null, ['unlock', 'unknown'])).toBe('unlock')
    expect(goalOf(null, ['unlock', 'suspend'])).toBeNull()
    expect(goalOf(null, [])).toBeNull()
  })
})
