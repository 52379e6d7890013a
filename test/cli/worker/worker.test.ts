import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import type { RunOrg } from '../../../src/cli/org.ts'
import { keepSchedules } from '../../../src/cli/worker/keep-schedules.ts'
import type { Orgs } from '../../../src/cli/worker/orgs.ts'
import { Worker } from '../../../src/cli/worker/worker.ts'
import { exitCodes, KnownError } from '../../../src/messages/known-error.ts'
import { StopSwitch } from '../../../src/messages/stop.ts'
import type { Tables } from '../../../src/store/tables.ts'
import { deferred } from '../../budget/pacing.ts'
import { newStoredRun, StoreRows } from '../../simulation/store-rows.ts'
import { memoryTables } from '../../simulation/store-tables.ts'

const tables = memoryTables({
  rows: new StoreRows(),
  now: () => Date.UTC(2026, 2, 2, 10),
  ask: async (_what, effect) => effect(),
})
const orgs: Orgs = new Map()

function workerOf(changed: Partial<Tables>, stop: StopSwitch, said: string[]): Worker {
  return new Worker({
    tables: { ...tables, ...changed },
    claimant: { holder: 'worker', host: 'host' },
    orgs,
    runs: 1,
    drain: 0,
    stop,
    askCredentials: async () => ({ kind: 'accepted' }),
    announcements: { announce: async () => {}, keepSchedule: async () => {} },
    say: (line) => said.push(line),
  })
}

function end(stop: StopSwitch): void {
  const advice = { kind: 'go_on' } as const
  stop.turn({ state: 'interrupted', exitCode: exitCodes.terminated, message: 'SIGTERM', advice })
}

afterEach(() => {
  vi.useRealTimers()
})

it('a worker looks for open runs while a schedule that is due takes its time, and ends after it', async () => {
  const stop = new StopSwitch()
  const due = deferred<null>()
  const [first, second] = [deferred<void>(), deferred<void>()]
  let looks = 0
  const worker = workerOf(
    {
      schedules: { ...tables.schedules, takeDue: () => due.promise },
      runs: {
        ...tables.runs,
        open: async () => {
          looks++
          if (looks === 1) first.resolve()
          else second.resolve()
          return []
        },
      },
    },
    stop,
    [],
  )
  let isOver = false
  const working = worker.work().then(() => {
    isOver = true
  })
  await first.promise
  worker.lookNow()
  await second.promise
  end(stop)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(isOver).toBe(false)
  due.resolve(null)
  await working
})

it('a worker looks again for what has become due meanwhile, and says once why it can not', async () => {
  const stop = new StopSwitch()
  const said: string[] = []
  const due = [deferred<null>(), deferred<null>()]
  const again = deferred<void>()
  let taken = 0
  const worker = workerOf(
    {
      schedules: {
        ...tables.schedules,
        takeDue: async () => {
          const next = due[taken++]
          if (next === undefined) again.resolve()
          await next?.promise
          throw new Error('a column is missing')
        },
      },
    },
    stop,
    said,
  )
  const working = worker.work()
  worker.lookNow()
  for (const one of due) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    worker.lookNow()
    one.resolve(null)
  }
  await again.promise
  end(stop)
  await working
  expect(said).toEqual([expect.stringMatching(/^No schedule is seen to: .*a column is missing/)])
})

/** A worker whose tries to carry a run out fail when they copy it; how often it has claimed the run, and what it has said. */
function failingWorker(error: Error, stop: StopSwitch) {
  const rows = new StoreRows()
  const run = Object.assign(newStoredRun('r1', 0), { orgUrl: 'https://acme.okta.com', wanted: true })
  run.files.set('run.json', Buffer.from('{}'))
  rows.runs.set('r1', run)
  const store = memoryTables({
    rows,
    now: () => Date.UTC(2026, 2, 2, 10) + performance.now(),
    ask: async (_what, effect) => effect(),
  })
  const runs: Tables['runs'] = {
    ...store.runs,
    open: async () => [{ runId: 'r1', epoch: run.epoch }],
    read: () => Promise.reject(error),
  }
  const said: string[] = []
  return { worker: workerOf({ ...store, runs }, stop, said), claims: () => run.epoch, said }
}

/** Lets go on what waits for no timer, until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 3_000; !isSo(); await turn())
    if (Date.now() > end) throw new Error('It has not come to that.')
}

const held = new KnownError('Another process holds the job.', 'Try again.', exitCodes.heldElsewhere)
const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const refused = new KnownError('The input has changed.', 'Put it back.', exitCodes.nothingSent)

it.each([
  ['is held elsewhere', held, 5_000],
  ['can not be read because the store is away', away, 5_000],
  ['can not be carried out here', refused, 60_000],
])(
  'a worker tries a run that %s again when it has left it alone, and not before',
  async (_what, error, ms) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const stop = new StopSwitch()
    const { worker, claims, said } = failingWorker(error, stop)
    const failures = (): number => said.filter((line) => line.includes('→')).length
    const working = worker.work()
    await until(() => failures() === 1)
    worker.lookNow()
    for (let passed = 1_000; passed < ms; passed += 1_000) await vi.advanceTimersByTimeAsync(1_000)
    expect(claims()).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    await until(() => failures() === 2)
    expect(claims()).toBe(2)
    end(stop)
    await working
  },
)

interface Untold {
  readonly since: number
  readonly last: number | null
  readonly dueAgo?: number
}

it.each([
  ['a time that nobody was told of for a minute', { since: -7_200_000, last: -3_700_000 }, -100_000],
  ['no time from before the schedule was as it is', { since: -30_000, last: null }, null],
  ['no time that was seen to', { since: -7_200_000, last: -100_000 }, null],
  ['no time that may still be told', { since: -7_200_000, last: -3_600_000, dueAgo: 20_000 }, null],
] as const)(
  'a worker notes by itself %s',
  async (_what, { since, last, dueAgo = 100_000 }: Untold, noted) => {
    // An hourly schedule that was due so long ago.
    const now = Date.UTC(2026, 2, 2, 12, 0)
    const minute = new Date(now - dueAgo)
    const pattern = `${minute.getUTCSeconds()} ${minute.getUTCMinutes()} * * * *`
    const orgUrl = 'https://org.example.com'
    const told: number[] = []
    const kept = {
      job: 'hourly',
      orgUrl,
      pattern,
      timeZone: 'UTC',
      arguments: {},
      since: now + since,
      last: { due: last === null ? null : new Date(now + last).toISOString(), run: null, error: null },
    }
    const schedules = {
      ...tables.schedules,
      now: async () => now,
      all: async () => [kept],
      noteDue: async (_id: string, at: Date) => {
        told.push(at.getTime() - now)
        return true
      },
    }
    const options = { tables: { ...tables, schedules }, orgs: new Map([[orgUrl, { orgUrl } as RunOrg]]) }
    const { clockAheadMs } = await keepSchedules({
      ...options,
      announcements: { announce: async () => {}, keepSchedule: async () => {} },
    })
    // This machine's clock is far from the store's, and is asked for nothing.
    expect(clockAheadMs).not.toBeNull()
    expect(told).toEqual(noted === null ? [] : [noted])
  },
)

it('a worker names a schedule that is never due once, and keeps the others all the same', async () => {
  const stop = new StopSwitch()
  const [said, kept]: [string[], string[]] = [[], []]
  const schedule = { orgUrl: 'https://org.example.com', timeZone: 'UTC', arguments: {}, since: Date.now() }
  const last = { due: null, run: null, error: null }
  const asked = deferred<void>()
  const worker = new Worker({
    tables: {
      ...tables,
      schedules: {
        ...tables.schedules,
        takeDue: async () => null,
        now: async () => Date.now(),
        all: async () => [
          { ...schedule, job: 'odd', pattern: '0 0 31 4 *', last },
          { ...schedule, job: 'nightly', pattern: '15 2 * * *', last },
        ],
      },
    },
    claimant: { holder: 'worker', host: 'host' },
    orgs: new Map([[schedule.orgUrl, { orgUrl: schedule.orgUrl } as RunOrg]]),
    runs: 1,
    drain: 0,
    stop,
    askCredentials: async () => ({ kind: 'accepted' }),
    announcements: {
      announce: async () => {},
      keepSchedule: async (_name, pattern) => {
        if (pattern.includes('31')) throw new Error('loop limit exceeded')
        kept.push(pattern)
        asked.resolve()
      },
    },
    say: (line) => said.push(line),
  })
  const working = worker.work()
  await asked.promise
  end(stop)
  await working
  expect(kept).toEqual(['15 2 * * *'])
  expect(said).toEqual([
    expect.stringMatching(/^odd in .* is never submitted: "0 0 31 4 \*".*→ okta-lifecycle submit/),
  ])
})
