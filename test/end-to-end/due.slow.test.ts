import { expect, it, vi } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, withWorkplace } from './workplace.ts'

const zones = [
  ['Africa/Cairo', 'Africa/Casablanca', 'Africa/Johannesburg', 'Africa/Lagos', 'America/Anchorage'],
  [
    'America/Argentina/Buenos_Aires',
    'America/Bogota',
    'America/Caracas',
    'America/Chicago',
    'America/Denver',
  ],
  ['America/Halifax', 'America/Havana', 'America/Los_Angeles', 'America/Mexico_City', 'America/New_York'],
  ['America/Santiago', 'America/Sao_Paulo', 'America/St_Johns', 'Asia/Dubai', 'Asia/Ho_Chi_Minh'],
  ['Asia/Jakarta', 'Asia/Kathmandu', 'Asia/Kolkata', 'Asia/Seoul', 'Asia/Shanghai'],
  ['Asia/Tehran', 'Asia/Tokyo', 'Asia/Yangon', 'Atlantic/Azores', 'Australia/Adelaide'],
  ['Australia/Lord_Howe', 'Australia/Sydney', 'Europe/Berlin', 'Europe/Dublin', 'Europe/London'],
  ['Europe/Moscow', 'Pacific/Auckland', 'Pacific/Chatham', 'Pacific/Honolulu', 'Pacific/Kiritimati'],
].flat()

/** A moment as a clock on a wall of the zone shows it, told by the runtime and not by the program. */
function wallOf(moment: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(moment)
  const part = (name: string): string => parts.find(({ type }) => type === name)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}`
}

interface DueRow {
  readonly text: string
  readonly zone: string
  /** The earliest moment at which it may be done. */
  readonly due: number
}

const day = 86_400_000

/** Rows that become due around now and around the clock changes of the year before and after it. */
function makeRows(count: number, now: number): readonly DueRow[] {
  const changes = [-400, -250, -120, 90, 200, 330].map((days) => now + days * day)
  return Array.from({ length: count }, (_, index): DueRow => {
    const zone = zones[index % zones.length] ?? 'UTC'
    const around = Math.floor(now / 1000) * 1000 + ((index * 7) % 60) * 1000 - 20_000
    switch (index % 5) {
      case 0:
        return { text: wallOf(around, zone), zone, due: around }
      case 1:
        return { text: new Date(around).toISOString(), zone, due: around }
      case 2: {
        const text = `${wallOf(around, 'Asia/Kolkata')}+05:30`
        return { text, zone, due: around }
      }
      case 3: {
        const far = (changes[index % changes.length] ?? now) + (index % 97) * 1_800_000
        const whole = Math.floor(far / 1000) * 1000
        // Within an hour of the truth where the clock shows the time twice, and years or months from now.
        return { text: wallOf(whole, zone), zone, due: whole }
      }
      default: {
        const date = wallOf(now + ((index % 7) - 3) * day, zone).slice(0, 10)
        return { text: date, zone, due: endOfDay(date, zone) }
      }
    }
  })
}

/** The first moment at which the zone's calendar shows a later day. */
function endOfDay(date: string, zone: string): number {
  let [before, after] = [Date.parse(`${date}T00:00:00Z`) - day, Date.parse(`${date}T00:00:00Z`) + 3 * day]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (wallOf(middle, zone).slice(0, 10) > date) after = middle
    else before = middle
  }
  return after
}

it('does 10,000 rows in 40 zones when they are due, and no call early', { timeout: 240_000 }, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 10_000 })
    const org = await place.org({ users })
    const rows = makeRows(users.length, Date.now() + 5_000)
    const lines = rows.map(({ text, zone }, index) => `${loginOf(index + 1)},${text},${zone}`)
    await place.write('in.csv', ['user,day,zone', ...lines, ''].join('\n'))
    await place.write(
      'job.yaml',
      'name: due\naction: suspend\ninput: { file: in.csv, due: { column: day, time_zone_column: zone } }\n',
    )
    const end = await place.run(org, ['run', '--job', 'job.yaml', '--concurrency', '50', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    const dueOf = new Map(users.map(({ id }, index) => [id, rows[index]?.due ?? 0]))
    const calls = org.requests.filter(({ action }) => action !== null)
    const early = calls.filter(({ key, arrivedAt }) => arrivedAt < (dueOf.get(key ?? '') ?? Number.NaN))
    expect(early.map(({ key, arrivedAt }) => `${key} ${(dueOf.get(key ?? '') ?? 0) - arrivedAt}`)).toEqual([])
    const results = await place.results()
    const counts = countsOf(results.map(({ result }) => result))
    expect(counts.succeeded).toBe(calls.length)
    // Whatever was due when the run began was done.
    const [first = 0] = calls.map(({ arrivedAt }) => arrivedAt).sort((one, other) => one - other)
    const overdue = results.filter((_, index) => (rows[index]?.due ?? 0) < first - 2_000)
    expect(overdue.length).toBeGreaterThan(3_000)
    expect(countsOf(overdue.map(({ result }) => result))).toEqual({ succeeded: overdue.length })
    for (const { result, message } of results) if (result === 'skipped') expect(message).toContain('not due')
  })
})

it('does not do a row that the next file withdraws or postpones', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 4 }) })
    const soon = Date.now() + 4_000
    const fileOf = (days: readonly (readonly [number, string])[]): string =>
      ['user,day', ...days.map(([user, text]) => `${loginOf(user)},${text}`), ''].join('\n')
    const at = new Date(soon).toISOString()
    await place.write(
      'job.yaml',
      'name: due\naction: suspend\ninput: { file: in.csv, due: { column: day } }\n',
    )
    await place.write('in.csv', fileOf([1, 2, 3].map((user) => [user, at] as const)))
    const first = await place.run(org, ['run', '--job', 'job.yaml', '--yes', '--quiet', '--run-id', 'first'])
    expect(first.code, first.stderr).toBe(0)
    expect(org.applied).toEqual({})
    // One is withdrawn, one postponed, one stays, and one is new and was due long ago.
    await place.write(
      'in.csv',
      fileOf([
        [2, '2099-01-01T00:00:00Z'],
        [3, at],
        [4, '2020-01-01T00:00:00Z'],
      ]),
    )
    // Okta tells its time in whole seconds, so that a row may wait for one second more.
    await vi.waitUntil(() => Date.now() > soon + 1_100, { timeout: 10_000 })
    const second = await place.run(org, ['run', '--job', 'job.yaml', ...unattended])
    expect(second.code, second.stderr).toBe(0)
    const users = [...org.org.users.values()]
    expect(users.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'SUSPENDED', 'SUSPENDED'])
    expect((await place.results()).map(({ result, lag_seconds: lag }) => [result, Number(lag) > 0])).toEqual([
      ['skipped', false],
      ['succeeded', true],
      ['succeeded', true],
    ])
    expect(await place.read(`runs/${runId}/summary.json`)).toContain('"not_due": 1')
  })
})
