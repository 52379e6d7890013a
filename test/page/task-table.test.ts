import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PageRow } from '../../src/page/page-data.ts'
import { anyValue, emptyValue, everything, TaskTable } from '../../src/page/task-table.ts'

const columns = ['row', 'user', 'result', 'lag_seconds', 'name', 'row']
const rows: readonly PageRow[] = [
  [1, 'ada@example.com', 'succeeded', 30, 'José Núñez', 'own'],
  [2, 'Bob@example.com', 'failed', null, '=cmd()', 'own'],
  [3, 'cyd@example.com', 'succeeded', 4, '<script>alert(1)</script>', null],
  [4, 'dan@example.com', 'not_run', null, { deep: ['محمد'] }, null],
]
const table = new TaskTable(
  columns,
  rows.map((row) => JSON.stringify(row)),
)

const usersOf = (places: readonly number[]): unknown[] => places.map((place) => table.cell(place, 'user'))

describe('searching', () => {
  const found = (search: string): readonly number[] => table.select({ ...everything, search })

  it.each([
    ['', [0, 1, 2, 3]],
    ['  ', [0, 1, 2, 3]],
    ['EXAMPLE', [0, 1, 2, 3]],
    ['bob', [1]],
    ['jose nunez', [0]],
    ['núñez ADA', [0]],
    ['<script>', [2]],
    ['=cmd()', [1]],
    ['محمد', [3]],
    ['deep', [3]],
    ['nobody', []],
    // Cells alone are searched, and not the JSON that they come in.
    ['null', []],
    ['","', []],
  ])('%j', (search, expected) => {
    expect(found(search)).toEqual(expected)
  })

  it('looks at each cell by itself', () => {
    expect(found('com succeeded')).toEqual([0, 2])
    expect(found('comsucceeded')).toEqual([])
  })

  it('says the same when it was prepared ahead', () => {
    const prepared = new TaskTable(
      columns,
      rows.map((row) => JSON.stringify(row)),
    )
    prepared.prepare(0, 2)
    prepared.prepare(2, 100)
    expect(prepared.select({ ...everything, search: 'jose' })).toEqual([0])
  })

  it('finds a part of any cell, in any letter case, whatever characters it holds, prepared or not', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a"b', 'c\\d', 'e<f', 'K.*', 'ß', '[x]'),
    )
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1 }),
        fc.nat(),
        fc.nat(),
        fc.nat(5),
        (texts, which, from, length) => {
          const cell = texts[which % texts.length] ?? ''
          const start = from % (cell.length + 1)
          const search = cell.slice(start, start + length).toUpperCase()
          // A search by half of a character, or for letters that have no capital of one letter, is another one.
          fc.pre(
            !/[\ud800-\udfff]/.test(search) &&
              search.toLowerCase() === cell.slice(start, start + length).toLowerCase(),
          )
          const lines = texts.map((one) => JSON.stringify([one]))
          const [some, other] = [new TaskTable(['x'], lines), new TaskTable(['x'], lines)]
          other.prepare(0, lines.length)
          const found = some.select({ ...everything, search })
          expect(found).toEqual(other.select({ ...everything, search }))
          if (!/\p{M}/u.test(search.normalize('NFD'))) expect(found).toContain(which % texts.length)
        },
      ),
    )
  })
})

describe('filtering', () => {
  it('by one value, by several columns, and by nothing', () => {
    expect(table.select({ ...everything, filters: { result: 'succeeded' } })).toEqual([0, 2])
    expect(table.select({ ...everything, filters: { result: 'succeeded', lag_seconds: '4' } })).toEqual([2])
    expect(table.select({ ...everything, filters: { lag_seconds: emptyValue } })).toEqual([1, 3])
    expect(table.select({ ...everything, filters: { lag_seconds: anyValue } })).toEqual([0, 2])
    expect(table.select({ search: 'cyd', filters: { result: 'failed' }, order: null })).toEqual([])
  })

  it("goes by the program's column where the input has one of the same name", () => {
    expect(table.cell(0, 'row')).toBe(1)
    expect(table.cell(0, 'no such column')).toBeNull()
  })
})

describe('sorting', () => {
  const sorted = (column: string, descending: boolean): unknown[] =>
    usersOf(table.select({ ...everything, order: { column, descending } }))

  it('numbers as numbers, and empty cells last either way', () => {
    expect(sorted('lag_seconds', false).map((user) => String(user)[0])).toEqual(['c', 'a', 'B', 'd'])
    expect(sorted('lag_seconds', true).map((user) => String(user)[0])).toEqual(['a', 'c', 'B', 'd'])
  })

  it('texts in any letter case, and equal ones in the order of the input', () => {
    expect(sorted('user', true).map((user) => String(user)[0])).toEqual(['d', 'c', 'B', 'a'])
    expect(sorted('result', true).map((user) => String(user)[0])).toEqual(['a', 'c', 'd', 'B'])
  })

  it('loses nobody, whatever the cells are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string(), fc.constant(null)))),
        fc.boolean(),
        (cells, descending) => {
          const any = new TaskTable(
            ['x'],
            cells.map((row) => JSON.stringify(row)),
          )
          const places = any.select({ ...everything, order: { column: 'x', descending } })
          expect([...places].sort((some, other) => some - other)).toEqual(cells.map((_, place) => place))
        },
      ),
    )
  })
})
