import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToActions, noActions, sampleUsers } from '../../src/input/user-sample.ts'
import type { JobInput, PastInput } from '../../src/rules/past-input.ts'
import { findUnusual } from '../../src/rules/unusual.ts'
import { cases } from '../support/cases.ts'
import { randomFrom } from '../support/random.ts'

function inputOf(keys: readonly string[], ...actions: readonly string[]): JobInput {
  const done = addToActions(noActions, actions)
  const sample = sampleUsers(keys.map((key) => ({ key, actions: done })))
  return { users: keys.length, sample, columns: ['email'], repeatedRows: 0 }
}

/** So many people, told apart by a number. */
function people(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${from + index}@example.com`)
}

/** Runs of a job, one a night. */
function history(nights: readonly (readonly string[])[]): PastInput[] {
  return nights.map((keys, night) => ({
    ...inputOf(keys),
    run: `run-${night + 1}`,
    createdAt: new Date(Date.UTC(2026, 0, night + 1)).toISOString(),
    standing: 'usual',
  }))
}

/** A kind of job: who is named on each of many nights. */
type Feed = (random: () => number, nights: number) => string[][]

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** New people each night, so many as `size` says. */
function newPeople(size: (random: () => number, night: number) => number): Feed {
  return (random, nights) => {
    let next = 0
    return Array.from({ length: nights }, (_, night) => {
      const count = Math.max(0, Math.round(size(random, night)))
      next += count
      return people(next - count, count)
    })
  }
}

const feeds: Readonly<Record<string, Feed>> = {
  'about ten leavers a night': newPeople((random) => 10 + 3 * normal(random)),
  'leavers with a heavy tail': newPeople((random) => 8 * Math.exp(normal(random))),
  'weekly lists with a very heavy tail': newPeople((random) => 5 * Math.exp(1.2 * normal(random))),
  'nothing at weekends, much on Mondays': newPeople((random, night) =>
    night % 7 > 4 ? 0 : (night % 7 === 0 ? 40 : 10) * (0.5 + random()),
  ),
  'many at the end of each month': newPeople(
    (random, night) => (night % 30 === 29 ? 60 : 8) * (0.5 + random()),
  ),
  'everybody who ever left, each night': (random, nights) => {
    let all = 200
    return Array.from({ length: nights }, () => {
      all += Math.floor(random() * 5)
      return people(0, all)
    })
  },
  'everybody who ever left, many on Mondays, some rows taken out': (random, nights) => {
    const all = people(0, 150)
    let next = 1_000
    return Array.from({ length: nights }, (_, night) => {
      const count = Math.floor((night % 7 === 0 ? 20 : 4) * random())
      next += count
      all.push(...people(next - count, count))
      if (random() < 0.3) all.splice(Math.floor(random() * all.length), 5)
      return [...all]
    })
  },
  'everybody who left within a month': (random, nights) => {
    let from = 0
    return Array.from({ length: nights }, () => {
      from += Math.floor(random() * 6)
      return people(from, 90)
    })
  },
  'lists that are sent twice': (random, nights) =>
    Array.from({ length: nights }, (_, night) =>
      people(Math.floor(night / 2) * 100, 20 + Math.floor(random() * 20)),
    ),
  'two offices in turn, each with its standing list': (random, nights) =>
    Array.from({ length: nights }, (_, night) =>
      people((night % 2) * 10_000 + Math.floor(night / 2), 60 + Math.floor(random() * 9)),
    ),
}

it('stops at most one ordinary night in 200', () => {
  const told: Record<string, number> = {}
  for (const [name, feed] of Object.entries(feeds)) {
    let stops = 0
    const years = 4
    for (let year = 0; year < years; year++) {
      const nights = feed(randomFrom(year + 1), 200)
      const past = history(nights)
      // What a person lets through belongs to the history from then on.
      for (let night = 0; night < nights.length; night++) {
        if (findUnusual(inputOf(nights[night] ?? []), past.slice(Math.max(0, night - 60), night)) !== null)
          stops++
      }
    }
    told[name] = stops / years
  }
  const nights = Object.values(told)
  expect(nights.reduce((sum, stops) => sum + stops, 0) / nights.length, JSON.stringify(told)).toBeLessThan(1)
  for (const [name, stops] of Object.entries(told)) expect(stops, name).toBeLessThanOrEqual(2)
})

const leavers = history(Array.from({ length: 40 }, (_, night) => people(night * 20, 12 + (night % 9))))

it.each<[string, readonly string[], RegExp]>([
  [
    'the whole company',
    people(0, 5_000),
    /^the input names 5000 users to act on; in 40 earlier runs .* there were at most 20/,
  ],
  [
    'a file of a month ago',
    people(10 * 20, 13),
    /^about 100% of the users were already named by run run-11 of 2026-01-11/,
  ],
  [
    "a month ago's file and today's in one",
    [...people(10 * 20, 13), ...people(9_000, 14)],
    /^about 48% .* may be an old file$/,
  ],
])('finds %s', (_, keys, message) => {
  expect(findUnusual(inputOf(keys), leavers)).toMatch(message)
})

it.each<[string, readonly string[]]>([
  ['new people', people(9_000, 30)],
  ['three times as many as ever', people(9_000, 60)],
  ['the latest list once more', people(39 * 20, 15)],
  ['nobody', []],
  ['a few old people', [...people(200, 3), ...people(9_000, 14)]],
])('lets %s pass', (_, keys) => {
  expect(findUnusual(inputOf(keys), leavers)).toBeNull()
})

const table = ['email', 'name', 'manager']

/** Runs that all had the same table. */
const tables = history(Array.from({ length: 6 }, (_, night) => people(night * 20, 5))).map((run) => ({
  ...run,
  columns: table,
}))

it.each<[string, readonly string[], RegExp | null]>([
  [
    'one more column',
    [...table, 'status'],
    /^the table has "status", which the latest run's did not have; none of 6/,
  ],
  ['one column less', ['email', 'name'], /^the table lacks "manager", which the latest run's had; none/],
  [
    'one under another name',
    ['email', 'name', 'boss'],
    /^the table has "boss", .* and lacks "manager", which/,
  ],
  ['another order', ['manager', 'name', 'email'], /^the table has its columns in another order/],
  ['the same columns', table, null],
])('judges a table with %s', (_, columns, message) => {
  const present = { ...inputOf(people(900, 3)), columns }
  const found = findUnusual(present, tables)
  if (message === null) expect(found).toBeNull()
  else expect(found).toMatch(message)
  // Not of JSON, not of fewer runs, not where the table has often changed, not where one had it, not for nobody.
  expect(findUnusual({ ...present, columns: null }, tables)).toBeNull()
  expect(findUnusual(present, tables.slice(0, 4))).toBeNull()
  const changing = tables.map((run, index) => ({ ...run, columns: [...table, `week ${index}`] }))
  expect(findUnusual(present, changing)).toBeNull()
  expect(findUnusual(present, [{ ...tables[0], columns } as PastInput, ...tables.slice(1)])).toBeNull()
  expect(findUnusual({ ...inputOf([]), columns }, tables)).toBeNull()
})

it('finds the same user in most rows, unless it was so before', () => {
  const present = { ...inputOf(people(900, 3)), columns: table, repeatedRows: 10 }
  expect(findUnusual(present, tables)).toMatch(/^10 rows repeat 3 users; earlier inputs of this job were not/)
  expect(findUnusual({ ...present, repeatedRows: 9 }, tables)).toBeNull()
  expect(findUnusual({ ...present, ...inputOf(people(900, 10)), columns: table }, tables)).toBeNull()
  const repetitive = tables.map((run) => ({ ...run, repeatedRows: 40 }))
  expect(findUnusual(present, repetitive)).toBeNull()
})

it.each<[number, number, boolean]>([
  [3, 0, true],
  [9, 0, true],
  [2, 0, false],
  [5, 1, false],
])('finds %i users of an old file beside %i new ones: %j', (old, fresh, isFound) => {
  const found = findUnusual(inputOf([...people(10 * 20, old), ...people(9_000, fresh)]), leavers)
  if (isFound) expect(found).toMatch(/^about 100% of the users were already named by run run-11/)
  else expect(found).toBeNull()
})

it('says nothing without a history', () => {
  expect(findUnusual(inputOf(people(0, 5_000)), leavers.slice(0, 4))).toBeNull()
  expect(findUnusual(inputOf(people(0, 5_000)), [])).toBeNull()
  // Nights on which nothing was due are no measure.
  expect(findUnusual(inputOf(people(0, 5_000)), history(Array.from({ length: 30 }, () => [])))).toBeNull()
})

/** Nights of a file in which rows that are done stay: so many at first, and two more each night. */
function pile(first: number, nights: number): PastInput[] {
  return history(Array.from({ length: nights }, (_, night) => people(0, first + 2 * night)))
}

/** Mostly short lists, and some long ones. */
const sizesOfLists = fc.array(
  fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 8 }), weight: 12 },
    { arbitrary: fc.integer({ min: 26, max: 600 }), weight: 1 },
  ),
  { minLength: 8, maxLength: 45 },
)

describe('newcomers', () => {
  it('tell a mad night that the pile of old rows hides', () => {
    const past = pile(50, 8)
    const mad = [...people(0, 64), ...people(9_000, 130)]
    expect(findUnusual(inputOf(mad), past)).toBe(
      '130 users to act on were not in the input of the latest run, or were there for other actions; in 7 earlier runs of this job there were at most 2, and more than 5 times as many is unusual',
    )
    // An ordinary night, 25 at once, fewer earlier nights, and a first one that was as mad.
    expect(findUnusual(inputOf(people(0, 66)), past)).toBeNull()
    expect(findUnusual(inputOf([...people(0, 64), ...people(9_000, 25)]), past)).toBeNull()
    expect(findUnusual(inputOf([...people(0, 58), ...people(9_000, 130)]), past.slice(0, 5))).toBeNull()
    expect(findUnusual(inputOf([...people(0, 60), ...people(9_000, 130)]), past.slice(0, 6))).not.toBeNull()
  })

  it('tell it of thousands by their samples, and not where the samples can’t', () => {
    const past = pile(20_000, 8)
    expect(findUnusual(inputOf(people(0, 30_000)), past)).toMatch(/^at least \d+ users to act on were not in/)
    // Of ten new people a night, now and then one is in the sample.
    for (const from of [0, 100_000, 200_000, 300_000]) {
      const nights = Array.from({ length: 14 }, (_, night) => people(from, 20_000 + 10 * night))
      const runs = history(nights)
      for (const [night, run] of runs.entries()) expect(findUnusual(run, runs.slice(0, night))).toBeNull()
    }
  })

  it('are not judged more strictly than all users where a file holds changes alone', () => {
    fc.assert(
      fc.property(sizesOfLists, (sizes) => {
        const lists = sizes.map((count, night) => people(night * 1_000, count))
        const present = inputOf(lists.pop() ?? [])
        const found = findUnusual(present, history(lists))
        if (found !== null) expect(found).toMatch(/^the input names/)
      }),
      { numRuns: cases(150) },
    )
    const afterLongList = history([
      people(9_000, 200),
      ...leavers.slice(0, 6).map((_, at) => people(at * 20, 4)),
    ])
    expect(findUnusual(inputOf(people(5_000, 30)), afterLongList)).toBeNull()
  })
})

describe('what an undo has taken back', () => {
  const takenBack = (keys: readonly string[]): PastInput[] =>
    history([keys]).map((run) => ({ ...run, run: 'undone', standing: 'taken_back', columns: ['boss'] }))

  it('is no example for size, table and repetition', () => {
    const mad = people(9_000, 500)
    const past = [...leavers, ...takenBack(mad)]
    expect(findUnusual(inputOf(mad), past)).toMatch(/in 40 earlier runs of this job there were at most 20/)
    const boss = { ...inputOf(people(9_900, 5)), columns: ['boss'] }
    expect(findUnusual(boss, past)).toMatch(/none of 40 earlier inputs/)
    const again = { ...inputOf(people(9_900, 5)), repeatedRows: 40 }
    const repeated = takenBack(mad).map((run) => ({ ...run, repeatedRows: 900 }))
    expect(findUnusual(again, [...leavers.slice(0, 6), ...repeated])).toMatch(/^40 rows repeat 5 users/)
  })

  it('has named its users: corrected at once it is usual, later it is an old file', () => {
    const past = [...leavers, ...takenBack(people(9_000, 10))]
    expect(findUnusual(inputOf(people(9_001, 10)), past)).toBeNull()
    const later = [...past, ...history([people(9_500, 12)])]
    expect(findUnusual(inputOf(people(9_000, 10)), later)).toMatch(/named by run undone/)
  })

  it('does not excuse an old file that was let pass', () => {
    const old = people(10 * 20, 13)
    expect(findUnusual(inputOf(old), [...leavers, ...takenBack(old)])).toMatch(/named by run run-11/)
  })
})

it('a run that was stopped half-way has named its users, and is no example of what is usual', () => {
  const died = history([people(9_000, 200)]).map(
    (run): PastInput => ({ ...run, run: 'died', standing: 'half_way' }),
  )
  const later = [...leavers, ...died, ...history([people(9_900, 12)])]
  expect(findUnusual(inputOf(people(9_000, 12)), later)).toMatch(/named by run died/)
  expect(findUnusual(inputOf(people(20_000, 500)), later)).toMatch(
    /in 41 earlier runs of this job there were at most 20/,
  )
  expect(findUnusual(inputOf(people(9_000, 12)), [...leavers, ...died])).toBeNull()
})

describe('people who come back together', () => {
  /** Nights of new people, but for some whom other rows name. */
  function nights(others: Readonly<Record<number, JobInput>>, count = 30): PastInput[] {
    return history(Array.from({ length: count }, (_, night) => people(night * 20, 2 + (night % 3)))).map(
      (run, night) => ({ ...run, ...inputOf(people(night * 20, 2), 'deactivate'), ...others[night] }),
    )
  }
  const group = people(5_000, 4)
  const suspended = inputOf(group, 'suspend')
  const letIn = inputOf(group, 'unsuspend')

  it('from leave are no old file', () => {
    expect(findUnusual(letIn, nights({ 20: suspended }))).toBeNull()
    const many = people(5_000, 26)
    expect(findUnusual(inputOf(many, 'unsuspend'), nights({ 15: inputOf(many, 'suspend') }))).toBeNull()
  })

  it('each week, and leave each week, are none', () => {
    const weeks = Object.fromEntries(
      Array.from({ length: 30 }, (_, night) => [night, night % 7 === 4 ? suspended : letIn]).filter(
        ([night]) => Number(night) % 7 === 4 || Number(night) % 7 === 0,
      ),
    )
    const past = nights(weeks)
    for (const [night, run] of past.entries()) expect(findUnusual(run, past.slice(0, night))).toBeNull()
  })

  it('without having gone are one: the file of then is fed again', () => {
    expect(findUnusual(suspended, nights({ 10: suspended }))).toMatch(/named by run run-11 .* old file$/)
    // What came before it changes nothing, and neither does somebody else's return.
    expect(findUnusual(suspended, nights({ 5: letIn, 10: suspended }))).toMatch(/run-11/)
    expect(findUnusual(suspended, nights({ 10: suspended, 20: letIn }))).toBeNull()
    const half = inputOf(group.slice(0, 2), 'unsuspend')
    expect(findUnusual(suspended, nights({ 10: suspended, 20: half }))).toBeNull()
    const ten = inputOf(people(5_000, 10), 'suspend')
    expect(findUnusual(ten, nights({ 10: ten, 20: half }))).toMatch(/^about 80% .* run-11/)
  })

  it('are told by users alone where an older run kept no more', () => {
    const { sample } = suspended
    const kept = { ...suspended, sample: { hashes: sample.hashes, whole: sample.whole } }
    expect(findUnusual(letIn, nights({ 10: kept }))).toMatch(/run-11/)
    expect(findUnusual(kept, nights({ 10: suspended }))).toMatch(/run-11/)
  })
})
