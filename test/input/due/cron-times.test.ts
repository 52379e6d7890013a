import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { checkPattern, lastDue, nextDue, nextTimes } from '../../../src/input/due/cron-times.ts'

/** The next times after a moment, each as a clock in the zone shows it. */
function timesAfter(pattern: string, zone: string, after: string, count = 2): (string | null)[] {
  const times = nextTimes(pattern, zone, Date.parse(after), count)
  return times.map((at) =>
    DateTime.fromMillis(at, { zone }).toISO({ suppressMilliseconds: true, suppressSeconds: true }),
  )
}

describe('a pattern of cron is due', () => {
  it('as a clock in its zone shows it', () => {
    expect(timesAfter('15 2 * * *', 'Europe/Berlin', '2026-11-29T12:00:00Z')).toEqual([
      '2026-11-30T02:15+01:00',
      '2026-12-01T02:15+01:00',
    ])
    expect(timesAfter('*/20 30 4 29 2 *', 'UTC', '2026-11-29T12:00:00Z')).toEqual([
      '2028-02-29T04:30Z',
      '2028-02-29T04:30:20Z',
    ])
  })

  it('at the moment after the gap where a clock change skips it', () => {
    expect(timesAfter('15 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z')).toEqual([
      '2027-03-28T03:00+02:00',
      '2027-03-29T02:15+02:00',
    ])
    expect(timesAfter('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z')).toEqual([
      '2026-10-04T02:30+11:00',
      '2026-10-05T02:15+11:00',
    ])
  })

  it.each([
    { zone: 'Africa/Cairo', day: '2027-04-30' },
    { zone: 'America/Santiago', day: '2027-09-05' },
    { zone: 'America/Havana', day: '2027-03-14' },
    { zone: 'Asia/Beirut', day: '2027-03-28' },
  ])('also where the day has no midnight ($zone)', ({ zone, day }) => {
    const before = DateTime.fromISO(`${day}T12:00`, { zone }).minus({ days: 1 }).toISO() ?? ''
    const times = timesAfter('0 0 * * *', zone, before)
    expect(times[0]).toMatch(new RegExp(`^${day}T01:00`))
    expect(times[1]).toMatch(/T00:00/)
  })

  it('once where a time comes twice, and each time if it names every hour', () => {
    const before = '2026-10-24T22:30:00Z'
    expect(timesAfter('30 2 * * *', 'Europe/Berlin', before)).toEqual([
      '2026-10-25T02:30+02:00',
      '2026-10-26T02:30+01:00',
    ])
    expect(timesAfter('30 * * * *', 'Europe/Berlin', before, 4)).toEqual([
      '2026-10-25T01:30+02:00',
      '2026-10-25T02:30+02:00',
      '2026-10-25T02:30+01:00',
      '2026-10-25T03:30+01:00',
    ])
    expect(timesAfter('*/15 * * * *', 'Australia/Lord_Howe', '2027-04-03T14:40:00Z', 4)).toEqual([
      '2027-04-04T01:45+11:00',
      '2027-04-04T01:30+10:30',
      '2027-04-04T01:45+10:30',
      '2027-04-04T02:00+10:30',
    ])
  })

  it('on every day once, whatever the clocks do', () => {
    const zones = [
      'Europe/Berlin',
      'Africa/Cairo',
      'Australia/Lord_Howe',
      'America/Havana',
      'Pacific/Apia',
      'UTC',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2030, 0, 1) }),
        (zone, hour, minute, after) => {
          const times = nextTimes(`${minute} ${hour} * * *`, zone, after, 20)
          const days = times.map((at) => DateTime.fromMillis(at, { zone }).toISODate() ?? '')
          const first = DateTime.fromISO(days[0] ?? '', { zone: 'UTC' })
          expect(days).toEqual(days.map((_, index) => first.plus({ days: index }).toISODate()))
          expect(times[0]).toBeGreaterThan(after)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    '15 2 * *',
    '* * *',
    '@daily',
    'H H * * *',
    '0 0 31 4,6 *',
    '61 * * * *',
    '',
    'at noon',
    '0 0 0 * * * *',
  ])('never, so it is refused: %j', (pattern) => {
    expect(() => checkPattern(pattern)).toThrow()
  })

  it.each(['15 2 * * *', ' 0  9 * * MON-FRI ', '0 0 1 MAR *', '30 15 2 * * THU', '0 0 L * *'])(
    'and is one: %j',
    (pattern) => {
      checkPattern(pattern)
      expect(nextDue(pattern, 'Europe/Berlin', Date.now())).toBeGreaterThan(Date.now())
    },
  )
})

/** A zone, and a moment not far from a change of its clocks. */
const nearChange = fc.record({
  zone: fc.constantFrom(
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kolkata',
  ),
  change: fc.constantFrom(
    '2027-03-28T01:00Z',
    '2026-10-25T01:00Z',
    '2018-11-04T03:00Z',
    '2019-02-17T02:00Z',
    '2026-10-03T15:30Z',
    '2027-04-03T15:00Z',
    '2011-12-30T10:00Z',
  ),
  minutes: fc.integer({ min: -8 * 60, max: 8 * 60 }),
})
const patterns = fc.constantFrom(
  '15 2 * * *',
  '*/7 * * * *',
  '0 */2 * * *',
  '30 1-3 * * *',
  '*/20 59 * * * *',
  '0 0 * * 6',
)

describe('the last time that a schedule was due', () => {
  it('is the one that no other follows, and comes from wherever one begins to look', () => {
    fc.assert(
      fc.property(
        nearChange,
        patterns,
        fc.integer({ min: 0, max: 30 * 60 }),
        ({ zone, change, minutes }, pattern, span) => {
          const until = Date.parse(change) + minutes * 60_000
          const after = until - span * 60_000
          let expected: number | null = null
          for (let due = nextDue(pattern, zone, after); due <= until; due = nextDue(pattern, zone, due))
            expected = due
          expect(lastDue(pattern, zone, after, until)).toBe(expected)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is found however long ago it was, and once it was seen to there is none', () => {
    const until = Date.parse('2026-11-29T12:00:00Z')
    const due = Date.parse('2025-11-30T23:00:00Z')
    expect(lastDue('0 0 1 12 *', 'Europe/Berlin', 0, until)).toBe(due)
    expect(lastDue('0 0 1 12 *', 'Europe/Berlin', due, until)).toBeNull()
    expect(lastDue('0 0 1 12 *', 'Europe/Berlin', due - 1, due)).toBe(due)
  })
})
