import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ControlCounter, renderControlTotals } from '../../src/rules/control-totals.ts'
import { skipReasons } from '../../src/rules/result.ts'

it('counts each row once, by why it has no tasks to be done', () => {
  const counter = new ControlCounter()
  for (const reason of [null, 'invalid_row', 'not_selected', 'not_due', 'duplicate', 'duplicate'] as const) {
    counter.add(reason)
  }
  expect(renderControlTotals(counter.totals())).toBe(
    '6 rows = 1 with tasks + 1 bad + 1 not selected + 1 not due + 2 duplicates',
  )
})

it('adds up, whatever the rows are', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(null, ...skipReasons)), (reasons) => {
      const counter = new ControlCounter()
      for (const reason of reasons) counter.add(reason)
      const { rows, ...others } = counter.totals()
      expect(rows).toBe(reasons.length)
      expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(rows)
    }),
  )
})
