import { expect, it } from 'vitest'
import type { BucketReport } from '../../src/budget/lane.ts'
import { heldRows, outlookOf, Pace } from '../../src/engine/outlook.ts'
import { type RowWait, RowWaits } from '../../src/lookup/waits.ts'
import { bucketReport } from '../budget/bucket-report.ts'

const now = 1_772_445_600_000
/** A read and a call for each task. */
const costsOf = (tasks: number) => ({ reads: tasks, calls: tasks, concurrency: 5 })

function bucket(more: Partial<BucketReport> = {}): BucketReport {
  return bucketReport({ inFlight: 3, endsAt: now + 40_000, ...more })
}

it('knows the pace of the last minute, and the fastest second', () => {
  const pace = new Pace()
  pace.see(0, 0)
  expect(pace.perSecond).toBe(0)
  pace.see(1_000, 20)
  pace.see(10_000, 20)
  expect([pace.perSecond, pace.peak]).toEqual([2, 20])
  for (let second = 11; second <= 100; second++) pace.see(second * 1_000, 20 + (second - 10))
  expect(pace.perSecond).toBeCloseTo(1)
  expect(pace.peak).toBe(20)
})

it('knows the fastest second also if nobody looked at it', () => {
  const pace = new Pace()
  pace.see(0, 0)
  for (let at = 3_000; at < 3_400; at += 4) pace.count(at)
  for (let at = 5_000; at < 9_000; at += 100) pace.count(at)
  pace.see(10_000, 140)
  expect(pace.peak).toBe(100)
})

it('goes by the budget, and by the pace where no limit is known', () => {
  const pace = { perSecond: 2, peak: 10 }
  expect(outlookOf([bucket()], 100, costsOf(100), pace, now)).toEqual({
    ...{ per_minute: 120, in_flight: 3, eta_seconds: 10, waiting: null },
  })
  const unknown = bucket({ limit: null, allowance: null, likely: null, leftNow: null, endsAt: null })
  expect(outlookOf([unknown], 100, costsOf(100), pace, now).eta_seconds).toBe(50)
  expect(outlookOf([unknown], 100, costsOf(100), { perSecond: 0, peak: 0 }, now).eta_seconds).toBeNull()
  expect(outlookOf([bucket()], 0, costsOf(0), pace, now).eta_seconds).toBe(0)
})

it('tells the wait that lasts longest', () => {
  const wait = (why: 'refused' | 'others', seconds: number) => ({ why, until: now + seconds * 1000 })
  const buckets = [
    bucket({ waiting: wait('others', 5) }),
    bucket({ bucket: '/api/v1/users/{id}', waiting: wait('refused', 9) }),
  ]
  expect(outlookOf(buckets, 10, costsOf(10), { perSecond: 1, peak: 1 }, now).waiting).toEqual({
    ...{ bucket: '/api/v1/users/{id}', why: 'refused', until: new Date(now + 9_000).toISOString() },
  })
})

it('counts the wait of rows in, and tells it once nothing else goes on', async () => {
  const waits = new RowWaits()
  const ends: (() => void)[] = []
  const wait = (why: RowWait['why'], seconds: number): void => {
    void waits.during(
      { why, until: now + seconds * 1000 },
      () => new Promise<void>((resolve) => ends.push(resolve)),
    )
  }
  const unknown = { perSecond: 0, peak: 0 }
  const seen = (atWork: number, others = 0, pace = unknown) => {
    const { eta_seconds, waiting } = outlookOf(
      [bucket()],
      20,
      costsOf(20),
      pace,
      now,
      heldRows(waits, atWork, others),
    )
    return { eta_seconds, waiting }
  }
  // 20 tasks at 10 a second.
  expect(seen(0)).toEqual({ eta_seconds: 2, waiting: null })
  wait('unanswered', 30)
  wait('unanswered', 12)
  wait('in_transition', 50)
  // Another row is at work, so nobody waits yet, but the run can't end sooner either.
  expect(seen(4)).toEqual({ eta_seconds: 30, waiting: null })
  expect(seen(4, 0, { perSecond: 10, peak: 10 })).toEqual({ eta_seconds: 30, waiting: null })
  const until = (seconds: number) => new Date(now + seconds * 1000).toISOString()
  const told = { bucket: null, why: 'in_transition', until: until(50) }
  // 30 s, and then 20 tasks at 10 a second.
  expect(seen(4, 1)).toEqual({ eta_seconds: 32, waiting: told })
  expect(seen(3)).toEqual({ eta_seconds: 32, waiting: told })
  ends[2]?.()
  await Promise.resolve()
  await Promise.resolve()
  expect(seen(2).waiting).toEqual({ bucket: null, why: 'unanswered', until: until(30) })
  // The budget is told first.
  const share = { why: 'share_used', until: now + 5_000 } as const
  const both = outlookOf([bucket({ waiting: share })], 20, costsOf(20), unknown, now, heldRows(waits, 2, 0))
  expect(both.waiting?.bucket).toBe('/api/v1/users')
})
