import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Outcome, OutcomeTable } from '../../src/journal/outcome-table.ts'
import { resultNames, skipReasons } from '../../src/rules/result.ts'

const text = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('')))

const outcome: fc.Arbitrary<Outcome> = fc.record({
  step: fc.integer({ min: 1, max: 3 }),
  action: fc.oneof(fc.constantFrom('suspend', 'unlock'), fc.string({ maxLength: 5 })),
  result: fc.constantFrom(...resultNames),
  reason: fc.option(fc.constantFrom(...skipReasons)),
  okta_user_id: text,
  okta_login: text,
})

/** A text that has been through UTF-8, as every text of a journal has. */
function asRead(value: string | null): string | null {
  return value === null ? null : Buffer.from(value).toString()
}

it('gives back, for each row, the first outcome of each of its tasks', () => {
  const steps = 3
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), outcome)), (entries) => {
      const table = new OutcomeTable(steps)
      const map = new Map<number, Outcome[]>()
      for (const [row, given] of entries) {
        table.add({ row, ...given })
        const known = map.get(row) ?? []
        if (known.every(({ step }) => step !== given.step)) map.set(row, [...known, given])
      }
      for (const [row, given] of map) {
        const expected = given
          .toSorted((one, other) => one.step - other.step)
          .map((one) => ({
            ...one,
            okta_user_id: asRead(one.okta_user_id),
            okta_login: asRead(one.okta_login),
          }))
        expect(table.of(row)).toEqual(expected)
      }
      expect(table.of(2_001)).toEqual([])
    }),
  )
})

it('keeps more than one block of them, and texts that are longer than a block', () => {
  const table = new OutcomeTable(1)
  const of = (row: number): Outcome => ({
    step: 1,
    action: 'suspend',
    result: 'succeeded',
    reason: null,
    okta_user_id: `00u${row}`,
    okta_login: row % 500 === 7 ? `${'ü'.repeat(40_000)}${row}` : `user${row}@example.com`,
  })
  for (let row = 1; row <= 4_000; row++) table.add({ row, ...of(row) })
  for (let row = 1; row <= 4_000; row++) expect(table.of(row)).toEqual([of(row)])
  table.clear()
  for (let row = 1; row <= 4_000; row++) expect(table.of(row)).toEqual([])
  table.add({ row: 3, ...of(3) })
  expect(table.of(3)).toEqual([of(3)])
})
