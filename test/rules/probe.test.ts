import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InputRow, ValidRow } from '../../src/input/row.ts'
import { hasEarlierRow, otherRows, spreadRows } from '../../src/rules/probe.ts'
import { rowOf } from '../retry/results.ts'

async function* stream(rows: readonly InputRow[]): AsyncGenerator<InputRow> {
  yield* rows
}

function invalid(row: number): InputRow {
  return {
    kind: 'invalid',
    row,
    line: null,
    raw: null,
    user: '',
    action: 'x',
    problems: [],
    cells: new Map(),
  }
}

const ada = { id: '00uAda00000000000001', login: 'Ada@example.com' }

describe('the rows that a probe tries', () => {
  it('are rows that are left, the last one first, none twice, and no more than some', async () => {
    const kinds = fc.array(fc.constantFrom('left', 'begun', 'invalid'), { maxLength: 700 })
    await fc.assert(
      fc.asyncProperty(kinds, async (input) => {
        const rows = input.map((kind, index) =>
          kind === 'invalid' ? invalid(index + 1) : rowOf(index + 1, `user${index + 1}`, 'suspend'),
        )
        const left = input.flatMap((kind, index) => (kind === 'left' ? [index + 1] : []))
        const isLeft = ({ row }: ValidRow): boolean => input[row - 1] === 'left'
        const found = (await spreadRows(stream(rows), isLeft)).map(({ row }) => row)
        expect(found.length).toBe(Math.min(found.length, 50))
        expect(found.length).toBeGreaterThanOrEqual(Math.min(left.length, 25))
        expect(found[0]).toBe(left.at(-1))
        expect(new Set(found).size).toBe(found.length)
        for (const row of found) expect(left).toContain(row)
      }),
    )
  })

  it('lie far apart: the first five reach into every fifth of what is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 3_000 }), async (count) => {
        const rows = Array.from({ length: count }, (_, index) => rowOf(index + 1, `user${index}`, 'suspend'))
        const five = (await spreadRows(stream(rows), () => true)).slice(0, 5).map(({ row }) => row / count)
        const sorted = five.toSorted((a, b) => a - b)
        for (const [index, part] of sorted.entries()) {
          expect(part - (sorted[index - 1] ?? 0)).toBeLessThan(0.45)
        }
        expect(sorted.at(-1)).toBe(1)
      }),
    )
  })

  it('are others in each execution, so that in the end every row is tried', async () => {
    const rows = Array.from({ length: 60 }, (_, index) => rowOf(index + 1, `user${index}`, 'suspend'))
    const tried = new Set<number>()
    for (let turn = 0; turn < 60; turn++)
      for (const { row } of (await spreadRows(stream(rows), () => true, turn)).slice(0, 5)) tried.add(row)
    expect(tried.size).toBe(60)
  })

  it('are others in each execution, also where few of them can be tried', async () => {
    const rows = Array.from({ length: 45 }, (_, index) => rowOf(index + 1, `user${index}`, 'suspend'))
    const tried = new Set<number>()
    for (let turn = 0; turn < 12; turn++) {
      const all = await spreadRows(stream(rows), () => true, turn)
      const can = all.filter(({ row }) => row <= 12)
      for (const { row } of can.slice(0, 5)) tried.add(row)
    }
    expect(tried.size).toBe(12)
  })
})

describe('a row that goes before its turn', () => {
  const later = rowOf(9, ada.id, 'suspend')
  const open = { isFinished: () => false, userIdOf: () => null }

  it.each([ada.id, 'ada@example.com', 'ADA@EXAMPLE.COM', 'ada', 'ADA', 'Äda'])(
    'has an earlier one where that names the user as %s',
    async (key) => {
      const rows = [rowOf(1, 'bob@example.com', 'suspend'), rowOf(2, key, 'suspend'), later]
      expect(await hasEarlierRow(stream(rows), later, ada, open)).toBe(true)
      // Finished rows stand in nobody's way.
      expect(
        await hasEarlierRow(stream(rows), later, ada, { ...open, isFinished: ({ row }) => row === 2 }),
      ).toBe(false)
    },
  )

  it('has none where the others are of other users, come later, or can’t be acted on', async () => {
    const rows = [
      rowOf(1, 'bob@example.com', 'suspend'),
      rowOf(2, 'ada@example.org', 'suspend'),
      invalid(3),
      later,
      rowOf(10, ada.id, 'suspend'),
    ]
    expect(await hasEarlierRow(stream(rows), later, ada, open)).toBe(false)
  })

  it('has an earlier one under a login of before where that row has been begun for the user', async () => {
    const rows = [rowOf(1, 'ada.old@example.com', 'suspend'), later]
    const begun = { ...open, userIdOf: () => ada.id }
    expect(await hasEarlierRow(stream(rows), later, ada, begun)).toBe(true)
    expect(await hasEarlierRow(stream(rows), later, ada, { ...begun, isFinished: () => true })).toBe(false)
    expect(await hasEarlierRow(stream(rows), later, ada, open)).toBe(false)
  })

  it('is known by its own key where its user is not read', async () => {
    const byKey = rowOf(9, 'Carl', 'suspend')
    const rows = [rowOf(1, 'carl', 'suspend'), byKey]
    expect(await hasEarlierRow(stream(rows), byKey, { id: 'Carl', login: '' }, open)).toBe(true)
  })
})

describe('a row whose later step goes before its turn', () => {
  const row = rowOf(5, ada.id, 'suspend')
  const done = { isFinished: () => true, userIdOf: () => null }

  it.each([ada.id, 'ada@example.com', 'ADA', 'Äda'])(
    'knows the earlier and later rows that name the user as %s',
    async (key) => {
      for (const other of [rowOf(4, key, 'suspend'), rowOf(6, key, 'suspend')])
        expect(
          await otherRows(stream([other, row].toSorted((a, b) => a.row - b.row)), row, ada, done),
        ).toEqual([other])
      const stranger = rowOf(6, 'ada@example.org', 'suspend')
      expect(await otherRows(stream([row, stranger]), row, ada, done)).toEqual([])
    },
  )

  it('must wait where one of them is not finished, also one that was begun under a login of before', async () => {
    const other = rowOf(4, 'ada', 'suspend')
    const open = { ...done, isFinished: () => false }
    expect(await otherRows(stream([other, row]), row, ada, open)).toBeNull()
    const before = rowOf(4, 'ada.old@example.com', 'suspend')
    expect(await otherRows(stream([before, row]), row, ada, open)).toEqual([])
    expect(await otherRows(stream([before, row]), row, ada, { ...open, userIdOf: () => ada.id })).toBeNull()
  })
})
