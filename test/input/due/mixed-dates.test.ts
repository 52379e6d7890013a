import { expect, it } from 'vitest'
import { MixedDatesWatch } from '../../../src/input/due/mixed-dates.ts'

const dmy = { format: 'dd/MM/yyyy' }

function found(
  cells: readonly (readonly [cell: string, isDateCell: boolean])[],
  due: { format: string | null } | null = dmy,
  format: 'xlsx' | 'csv' = 'xlsx',
): readonly [text: number, date: number] | null {
  const watch = new MixedDatesWatch(format, due, due === null ? null : 'day')
  for (const [index, [cell, isDateCell]] of cells.entries())
    watch.add({
      row: index + 1,
      cells: new Map([['day', cell]]),
      ...(isDateCell ? { dateCell: 'day' } : {}),
    })
  return watch.found === null ? null : [watch.found.text.row, watch.found.date.row]
}

it('finds texts beside dates whose day may be their month', () => {
  expect(
    found([
      ['2026-12-25', true],
      ['25/12/2026', false],
      ['2026-03-12', true],
    ]),
  ).toEqual([2, 3])
  expect(
    found([
      ['2026-03-12T09:00', true],
      ['25/12/2026', false],
    ]),
  ).toEqual([2, 1])
})

it.each([
  ['dates alone', [['2026-03-12', true]] as const, dmy],
  [
    'no date that could be another',
    [
      ['25/12/2026', false],
      ['2026-12-25', true],
      ['2026-03-03', true],
    ] as const,
    dmy,
  ],
  [
    'a year in front',
    [
      ['2026-25-12', false],
      ['2026-03-12', true],
    ] as const,
    { format: 'yyyy-dd-MM' },
  ],
  [
    'a month in words',
    [
      ['25 Dec 2026', false],
      ['2026-03-12', true],
    ] as const,
    { format: 'd MMM yyyy' },
  ],
  [
    'no format',
    [
      ['2026-12-25', false],
      ['2026-03-12', true],
    ] as const,
    { format: null },
  ],
  [
    'no days',
    [
      ['25/12/2026', false],
      ['2026-03-12', true],
    ] as const,
    null,
  ],
])('finds nothing where there is %s', (_, cells, due) => {
  expect(found(cells, due)).toBeNull()
})

it('leaves a CSV alone, in which a date cell is marked as what it was', () => {
  expect(
    found(
      [
        ['25/12/2026', false],
        ['2026-03-12', true],
      ],
      dmy,
      'csv',
    ),
  ).toBeNull()
})
