import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, test } from 'vitest'
import { type DueFormat, readDue } from '../../../src/input/due/read-due.ts'
import { findZone, zoneTime } from '../../../src/input/due/zone-time.ts'

const berlin: DueFormat = { at: null, timeZone: 'Europe/Berlin', format: null }

function due(text: string, rules: Partial<DueFormat> = {}, rowZone = ''): string {
  const check = readDue(text, rowZone, { ...berlin, ...rules })
  return 'due' in check ? new Date(check.due).toISOString() : check.problem
}

describe('readDue', () => {
  test.each<[string, Partial<DueFormat>, string, string]>([
    ['2026-11-20', {}, '', '2026-11-20T23:00:00.000Z'],
    ['20261120', {}, '', '2026-11-20T23:00:00.000Z'],
    ['2026-11-20', { at: '18:00' }, '', '2026-11-20T17:00:00.000Z'],
    ['2026-11-20', { at: '24:00' }, '', '2026-11-20T23:00:00.000Z'],
    ['2026-11-20', {}, 'America/New_York', '2026-11-21T05:00:00.000Z'],
    ['2026-11-20T09:30', {}, '', '2026-11-20T08:30:00.000Z'],
    ['2026-11-20 09:30:15', { at: '18:00' }, '', '2026-11-20T08:30:15.000Z'],
    ['2026-11-20T09:30:00.1234Z', {}, '', '2026-11-20T09:30:00.124Z'],
    ['2026-11-20T09:30:00+05:30', {}, 'Mars/Base', '2026-11-20T04:00:00.000Z'],
    ['2026-11-20T09:30-0800', { timeZone: null }, '', '2026-11-20T17:30:00.000Z'],
    ['2026-12-31', {}, '', '2026-12-31T23:00:00.000Z'],
    ['2028-02-29', {}, '', '2028-02-29T23:00:00.000Z'],
    ['20.11.2026', { format: 'dd.MM.yyyy' }, '', '2026-11-20T23:00:00.000Z'],
    ['20.11.2026', { format: 'dd.MM.yyyy', at: '18:00' }, '', '2026-11-20T17:00:00.000Z'],
    ['11/20/2026 6:30 PM', { format: 'M/d/yyyy h:mm a' }, '', '2026-11-20T17:30:00.000Z'],
    ['20 Nov 2026 10:00 +0200', { format: 'd MMM yyyy HH:mm ZZZ' }, '', '2026-11-20T08:00:00.000Z'],
    // The clock change skips 02:30 that day: the moment after the gap.
    ['2026-03-29T02:30', {}, '', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29', { at: '02:00' }, '', '2026-03-29T01:00:00.000Z'],
    // 02:30 comes twice that day: the later one.
    ['2026-10-25T02:30', {}, '', '2026-10-25T01:30:00.000Z'],
    ['2026-10-25', {}, '', '2026-10-25T23:00:00.000Z'],
    // Fixed offsets and zones in the format, also beside a date alone; a skipped time as everywhere.
    ['2026-11-26-08:00', { format: 'yyyy-MM-ddZZ' }, '', '2026-11-27T08:00:00.000Z'],
    ['2026-11-26 America/New_York', { format: 'yyyy-MM-dd z' }, '', '2026-11-27T05:00:00.000Z'],
    ['2026-11-26-08:00', { format: 'yyyy-MM-ddZZ', at: '18:00' }, '', '2026-11-27T02:00:00.000Z'],
    ['2026-03-29 02:30 Europe/Berlin', { format: 'yyyy-MM-dd HH:mm z' }, '', '2026-03-29T01:00:00.000Z'],
    // Midnight itself is skipped, or a whole day.
    ['2026-04-23', {}, 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2011-12-29', {}, 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2026-04-05T02:15', {}, 'Australia/Lord_Howe', '2026-04-04T15:45:00.000Z'],
  ])('%j with %j in %j', (text, rules, rowZone, expected) => {
    expect(due(text, rules, rowZone)).toBe(expected)
  })

  test.each([
    '',
    'tomorrow',
    '20.11.2026',
    '11/20/2026',
    '2026-11-31',
    '2026-02-29',
    '2026-13-01',
    '26-11-20',
    '2026-11',
    '2026',
    '45981',
    '2026-11-20T25:00',
    '2026-11-20T10:60',
    '2026-11-20T24:30',
    '2026-1120',
    '2026-11-20T10:00+25:00',
    '2026-11-20 10:00 CET',
  ])('refuses %j', (text) => {
    expect(due(text)).toMatch(/^the (date|offset) /)
  })

  test('refuses an hour that am contradicts', () => {
    const format = 'MM/dd/yyyy hh:mm a'
    for (const text of [
      '11/26/2026 13:00 AM',
      '11/26/2026 23:00 AM',
      '11/26/2026 13:30 PM',
      '11/26/2026 0:30 PM',
    ])
      expect(due(text, { format })).toMatch(/^the date /)
    expect(due('11/26/2026 12:30 AM', { format })).toBe('2026-11-25T23:30:00.000Z')
    expect(due('11/26/2026 12:30 PM', { format })).toBe('2026-11-26T11:30:00.000Z')
  })

  test('needs a zone for a date without an offset', () => {
    expect(due('2026-11-20', { timeZone: null })).toContain('input.due.time_zone')
    expect(due('2026-11-20', {}, 'CST6')).toContain('time zone "CST6" is not known')
    expect(due('2026-11-20', {}, '+01:00')).toContain('is not known')
  })
})

test.each([
  'BST',
  'IST',
  'ECT',
  'ACT',
  'AST',
  'PST',
  'CST',
  'JST',
  'EST',
  'MST',
  'HST',
  'bst',
  'SystemV/PST8PDT',
  'CET',
  'EST5EDT',
  'GMT',
  'GMT+0',
  'Zulu',
  'Japan',
  'Etc/GMT+5',
  'Etc/UTC',
])('an abbreviation is not a zone: %s', (name) => {
  expect(due('2026-11-20', {}, name)).toContain('Europe/London')
  expect(due(`2026-11-20 ${name}`, { format: 'yyyy-MM-dd z' })).toMatch(/is not known|can't be read/)
})

test.each(['UTC', 'utc', 'europe/london', 'America/Argentina/Buenos_Aires'])('a zone: %s', (name) => {
  expect(findZone(name)).not.toBeNull()
})

test.each(['0001-01-01', '1899-12-30', '1900-01-01', '1970-01-01', '2000-01-01T00:00:00Z', '2009-12-31'])(
  'a placeholder for no date is a bad row: %s',
  (text) => expect(due(text)).toContain('placeholder for "no date"'),
)

describe('zoneTime', () => {
  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))

  test('is a moment at which the zone shows the wall time, or after which it first shows a later one', () => {
    const minutes = fc.integer({ min: Date.UTC(2020, 0) / 60_000, max: Date.UTC(2032, 0) / 60_000 })
    fc.assert(
      fc.property(zones, minutes, (name, minute) => {
        const zone = findZone(name)
        if (zone === null) return
        const wall = DateTime.fromMillis(minute * 60_000, { zone: 'utc' })
        const moment = zoneTime(wall, zone)
        const shows = (time: number) => DateTime.fromMillis(time, { zone }).toFormat('yyyyMMddHHmmss.SSS')
        const asked = wall.toFormat('yyyyMMddHHmmss.SSS')
        if (shows(moment) !== asked) {
          expect(shows(moment) > asked).toBe(true)
          expect(shows(moment - 1) < asked).toBe(true)
        } else {
          // Not the earlier of two.
          for (const minutesLater of [30, 60, 120])
            expect(shows(moment + minutesLater * 60_000)).not.toBe(asked)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
