import { expect, it } from 'vitest'
import type { Orgs } from '../../../src/cli/worker/orgs.ts'
import { Worker } from '../../../src/cli/worker/worker.ts'
import { exitCodes } from '../../../src/messages/known-error.ts'
import { StopSwitch } from '../../../src/messages/stop.ts'
import type { Tables } from '../../../src/store/tables.ts'
import { deferred } from '../../budget/pacing.ts'
import { StoreRows } from '../../simulation/store-rows.ts'
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
    announcements: { announce: async () => {} },
    say: (line) => said.push(line),
  })
}

function end(stop: StopSwitch): void {
  const advice = { kind: 'go_on' } as const
  stop.turn({ state: 'interrupted', exitCode: exitCodes.terminated, message: 'SIGTERM', advice })
}

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
