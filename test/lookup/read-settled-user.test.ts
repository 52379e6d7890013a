import { expect, it } from 'vitest'
import { isOld } from '../../src/lookup/read-settled-user.ts'
import { OktaClock } from '../../src/okta/clock.ts'

const okta = 1_772_445_600_000

/** A read at 0 ms of a time that the test moves, by a machine whose clock is ahead. */
function readAt0({ ahead }: { ahead: number }) {
  const time = { now: 0, slept: 0 }
  const clock = new OktaClock(
    () => time.now,
    () => okta + ahead + time.now + time.slept,
  )
  const read = {
    kind: 'found',
    user: {
      id: '00u1',
      login: 'ada@example.com',
      status: 'ACTIVE',
      statusChanged: null,
      transitioningToStatus: null,
      offered: [],
      directory: null,
    },
    httpStatus: 200,
    requestId: null,
    readAt: clock.nowAtLeast(),
    readMark: clock.mark(),
  } as const
  const parts = { clock, pacer: { windowMs: () => 60_000 } as never }
  const show = (): void =>
    clock.observe(new Date(okta + time.now + time.slept).toUTCString(), time.now, time.now)
  return { time, show, isOld: () => isOld(parts, read) }
}

it.each([600_000, 0, -600_000])(
  'a read is old after one window, also if this machine’s clock, %i ms ahead, dated it before Okta’s time was known',
  (ahead) => {
    const read = readAt0({ ahead })
    read.time.now = 59_000
    if (ahead >= 0) read.show()
    expect(read.isOld()).toBe(false)
    read.time.now = 61_000
    expect(read.isOld()).toBe(true)
    read.show()
    expect(read.isOld()).toBe(true)
  },
)

it('a read is old after a sleep, which the monotonic clock does not count', () => {
  const read = readAt0({ ahead: 0 })
  read.show()
  read.time.slept = 70_000
  expect(read.isOld()).toBe(true)
  read.time.now = 10
  read.show()
  expect(read.isOld()).toBe(true)
})
