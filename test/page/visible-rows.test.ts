import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawnRows } from '../../src/page/visible-rows.ts'

const rowHeight = 40

it('draws all of few rows, and up to a thousand for paper', () => {
  const view = { scrolled: 0, viewHeight: 800, rowHeight, printing: false }
  expect(drawnRows(100, view)).toEqual({ first: 0, end: 100, above: 0, below: 0 })
  expect(drawnRows(1000, view).end).toBeLessThan(100)
  expect(drawnRows(1000, { ...view, printing: true })).toEqual({ first: 0, end: 1000, above: 0, below: 0 })
  expect(drawnRows(1001, { ...view, printing: true }).end).toBeLessThan(100)
})

it('draws what can be seen, and keeps the height of all rows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 151, max: 100_000 }),
      fc.nat(100),
      fc.integer({ min: 100, max: 3000 }),
      (count, part, viewHeight) => {
        const scrolled = (Math.max(0, count * rowHeight - viewHeight) * part) / 100
        const { first, end, above, below } = drawnRows(count, {
          scrolled,
          viewHeight,
          rowHeight,
          printing: false,
        })
        expect(above + (end - first) * rowHeight + below).toBe(count * rowHeight)
        expect(above).toBeLessThanOrEqual(scrolled)
        expect(end * rowHeight).toBeGreaterThanOrEqual(Math.min(count * rowHeight, scrolled + viewHeight))
        expect(end - first).toBeLessThan(150)
      },
    ),
  )
})
