import { expect, test } from 'vitest'
import { cellToFeed, unmarkDateCell } from '../../../src/input/due/date-cell.ts'

test.each(['2026-03-02', '2026-03-02T18:00', '2026-03-02T18:00:00.5+01:00'])(
  'a date cell %s reads back as it was',
  (iso) => {
    const cells = new Map([
      ['last_day', iso],
      ['first_day', iso],
    ])
    expect(unmarkDateCell(cellToFeed({ cells, dateCell: 'last_day' }, 'last_day'))).toBe(iso)
    expect(cellToFeed({ cells, dateCell: 'last_day' }, 'first_day')).toBe(iso)
    expect(cellToFeed({ cells }, 'last_day')).toBe(iso)
  },
)

test.each(['2026-03-02', '02.03.2026 (date cell)', '2026-03-02(date cell)', 'x 2026-03-02 (date cell)', ''])(
  'an ordinary text is not one: %j',
  (text) => {
    expect(unmarkDateCell(text)).toBeNull()
  },
)
