import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Column } from '../../src/rules/column.ts'

it('keeps the number of each index, as a map would, and 0 for the others', () => {
  const index = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 200_000 }))
  const entries = fc.array(fc.tuple(index, fc.nat({ max: 2 ** 31 })))
  fc.assert(
    fc.property(entries, fc.array(index), (set, others) => {
      const column = new Column((length) => new Uint32Array(length))
      const map = new Map(set)
      for (const [at, number] of set) column.set(at, number)
      for (const at of [...map.keys(), ...others]) expect(column.get(at)).toBe(map.get(at) ?? 0)
      column.clear()
      for (const at of map.keys()) expect(column.get(at)).toBe(0)
    }),
  )
})

it('keeps times and what is not a number, where its blocks can', () => {
  const column = new Column((length) => new Float64Array(length))
  column.set(16_384, 1_764_000_000_000.5)
  column.set(16_383, Number.NaN)
  expect([column.get(16_383), column.get(16_384), column.get(16_385)]).toEqual([
    Number.NaN,
    1_764_000_000_000.5,
    0,
  ])
})
