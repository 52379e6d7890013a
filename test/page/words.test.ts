import { expect, it } from 'vitest'
import { findPauses } from '../../src/page/pauses.ts'
import { emptyValue } from '../../src/page/task-table.ts'
import { renderLag, shownCell, shownTime, shownValue } from '../../src/page/words.ts'

it('cells are shown for a person', () => {
  expect(shownCell('result', 'not_run')).toBe('not run')
  expect(shownCell('action', 'reset_factors')).toBe('reset factors')
  // Only the program's own words are changed.
  expect(shownCell('message', 'only_status')).toBe('only_status')
  expect(shownCell('lag_seconds', 75)).toBe('1 min 15 s')
  expect(shownCell('lag_seconds', null)).toBe('')
  expect(shownCell('finished_at', '2026-11-24T08:00:01.123Z')).toBe('2026-11-24 08:00:01')
  expect(shownCell('name', { a: 1 })).toBe('{"a":1}')
  expect(shownValue('status_before', emptyValue)).toBe('(none)')
  expect(shownTime('2026-11-24T08:00:01Z')).toBe('2026-11-24 08:00:01')
  expect(renderLag(-90)).toBe('-1 min 30 s')
})

it('a pause is a time without requests between two with some', () => {
  expect(findPauses({ counts: [0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0], step: 1 })).toEqual([
    { first: 0, end: 4, seconds: 4 },
    { first: 5, end: 8, seconds: 3 },
  ])
  expect(findPauses({ counts: [1, 0, 1], step: 4 })).toEqual([{ first: 1, end: 2, seconds: 4 }])
})
