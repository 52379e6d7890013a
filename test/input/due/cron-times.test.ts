import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { checkPattern, nextDue, nextTimes } from '../../../src/input/due/cron-times.ts'

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
