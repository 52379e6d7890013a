import { expect, it } from 'vitest'
import { MidnightsWatch, warnOfMidnights } from '../../../src/input/due/midnights.ts'
import { readDue } from '../../../src/input/due/read-due.ts'

function warnings(
  cells: readonly string[],
  due: { format: string | null } | null = { format: null },
): number {
  const watch = new MidnightsWatch(due, due === null ? null : 'day')
  for (const cell of cells) watch.add({ cells: new Map([['day', cell]]) })
  return warnOfMidnights(watch.found).length
}

it.each([['2026-03-02 00:00:00'], ['2026-03-02T00:00'], ['2026-03-02 00:00:00.000']])(
  'warns of days that all say midnight: %s',
  (cell) => {
    expect(warnings([cell, ' 2026-03-05 00:00:00 '])).toBe(1)
  },
)

it.each([
  ['days alone', ['2026-03-02']],
  ['one time that is another', ['2026-03-02 00:00:00', '2026-03-02 18:00:00']],
  ['an offset', ['2026-03-02T00:00:00Z']],
  ['nothing', []],
] as const)('is silent about %s', (_, cells) => {
  expect(warnings(cells)).toBe(0)
})

it('is silent where the job says how days are written, or reads none', () => {
  expect(warnings(['2026-03-02 00:00:00'], { format: 'yyyy-MM-dd HH:mm:ss' })).toBe(0)
  expect(warnings(['2026-03-02 00:00:00'], null)).toBe(0)
})

it('advises a format by which such a day ends at its end', () => {
  const rules = { at: null, timeZone: 'Europe/Berlin', format: "yyyy-MM-dd '00:00:00'" }
  expect(readDue('2026-03-02 00:00:00', '', rules)).toEqual({ due: Date.parse('2026-03-03T00:00:00+01:00') })
  const watch = new MidnightsWatch({ format: null }, 'day')
  watch.add({ cells: new Map([['day', '2026-03-02 00:00:00']]) })
  expect(warnOfMidnights(watch.found)[0]?.message).toContain(rules.format)
})
