import { expect, it } from 'vitest'
import { renderLag } from '../../src/messages/duration.ts'
import { shownTime } from '../../src/messages/shown-time.ts'
import { findPauses } from '../../src/page/pauses.ts'
import { emptyValue } from '../../src/page/task-table.ts'
import { counted, partsOf, shownCell, shownDate, shownValue, tableCell } from '../../src/page/words.ts'

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
  expect(shownCell('due_at', '2026-11-24T08:00:01.123Z')).toBe('2026-11-24 08:00:01')
  expect(tableCell('finished_at', '2026-11-24T08:00:01.123Z')).toBe('2026-11-24 08:00')
  expect(shownDate('2026-11-04T08:00:01Z')).toBe('4 November 2026 at 08:00 UTC')
  expect([1, 2, 12_345].map((count) => counted(count, 'rows'))).toEqual(['1 row', '2 rows', '12,345 rows'])
})

it.each([
  [-90, '-1 min 30 s'],
  [47 * 3600, '47 h'],
  [48 * 3600, '2 d 0 h'],
  [27_292_656.6, '315 d 21 h'],
  [-3 * 86_400, '-3 d 0 h'],
])('a lag of %d s is %s', (seconds, shown) => {
  expect(renderLag(seconds)).toBe(shown)
})

it('a value can not turn the count after it around', () => {
  expect(shownValue('action', 'a\u202eb')).toBe('\u2068a\u202eb\u2069')
})

it.each([
  ['okta-lifecycle resume run', ['okta-lifecycle resume run']],
  [
    'If that is right: okta-lifecycle resume run --max-users 40',
    ['okta-lifecycle resume run --max-users 40'],
  ],
  [
    'Check it with okta-lifecycle doctor, then: okta-lifecycle resume a',
    ['okta-lifecycle doctor', 'okta-lifecycle resume a'],
  ],
  [
    "Look, then: okta-lifecycle resume a --runs-dir 'b.c/d'. If it is right: okta-lifecycle resume a --max-percent 83.4",
    ["okta-lifecycle resume a --runs-dir 'b.c/d'", 'okta-lifecycle resume a --max-percent 83.4'],
  ],
  ['nothing, the run is complete', []],
])('the commands in %j', (instruction, commands) => {
  const parts = partsOf(instruction)
  expect(parts.filter(({ isCommand }) => isCommand).map(({ text }) => text)).toEqual(commands)
  expect(parts.map(({ text }) => text).join('')).toBe(instruction)
})

it('a pause is a time without requests between two with some', () => {
  expect(findPauses({ counts: [0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0], step: 1 })).toEqual([
    { first: 0, end: 4, seconds: 4 },
    { first: 5, end: 8, seconds: 3 },
  ])
  expect(findPauses({ counts: [1, 0, 1], step: 4 })).toEqual([{ first: 1, end: 2, seconds: 4 }])
})
