import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowOfName } from '../../src/rules/row-of-name.ts'

it('keeps the first row of each name, as a map would', () => {
  const names = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.nat({ max: 5_000 }).map((n) => `user${n}@example.com`),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.integer({ min: 1, max: 2 ** 32 - 1 }))), (entries) => {
      const rows = new RowOfName()
      const map = new Map<string, number>()
      for (const [name, row] of entries) {
        rows.set(name, row)
        if (!map.has(name)) map.set(name, row)
      }
      for (const [name, row] of map) expect(rows.get(name)).toBe(row)
      expect(rows.get('somebody else')).toBeNull()
    }),
  )
})

it('tells many similar names apart, also when it grows', () => {
  const rows = new RowOfName()
  const nameOf = (row: number): string => `user${row}@example.com`
  for (let row = 1; row <= 200_000; row++) rows.set(nameOf(row), row)
  let wrong = 0
  for (let row = 1; row <= 200_000; row++) if (rows.get(nameOf(row)) !== row) wrong++
  for (let row = 200_001; row <= 400_000; row++) if (rows.get(nameOf(row)) !== null) wrong++
  expect(wrong).toBe(0)
})
