import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NameTable } from '../../src/rules/name-table.ts'

it('keeps the first row of each name, as a map would', () => {
  const names = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.nat({ max: 5_000 }).map((n) => `user${n}@example.com`),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.integer({ min: 1, max: 2 ** 32 - 2 }))), (entries) => {
      const rows = new NameTable()
      const map = new Map<string, number>()
      for (const [name, row] of entries) {
        rows.numberOf(name, row)
        if (!map.has(name)) map.set(name, row)
      }
      for (const [name, row] of map) expect(rows.find(name)).toBe(row)
      expect(rows.find('somebody else')).toBeNull()
    }),
  )
})

it('gives a name another number, as a map would', () => {
  const rows = new NameTable()
  const map = new Map<string, number>()
  for (let turn = 0; turn < 6_000; turn++) {
    const name = `user${(turn * 7) % 2_000}`
    rows.set(name, turn)
    map.set(name, turn)
  }
  for (const [name, turn] of map) expect(rows.find(name)).toBe(turn)
  expect(rows.numberOf('user0', 1)).toBe(map.get('user0'))
  expect(rows.find('user2000')).toBeNull()
})

it('tells many similar names apart, also when it grows', () => {
  const rows = new NameTable()
  const nameOf = (row: number): string => `user${row}@example.com`
  for (let row = 1; row <= 200_000; row++) rows.numberOf(nameOf(row), row)
  let wrong = 0
  for (let row = 1; row <= 200_000; row++) if (rows.find(nameOf(row)) !== row) wrong++
  for (let row = 200_001; row <= 400_000; row++) if (rows.find(nameOf(row)) !== null) wrong++
  expect(wrong).toBe(0)
})
