import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Permit } from '../../src/budget/budget-state.ts'
import { type Ledger, usedWithinMs } from '../../src/budget/ledger.ts'
import { createLocalLedger } from '../../src/budget/local-ledger.ts'
import { noAnswer } from '../okta/answers.ts'
import { answer, deferred, hold, lifecycle, neverSent, pacerOf, plenty, settled } from './pacing.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Lets time pass at once by one of this machine's clocks, as it does for a process that is stopped. */
function pass(which: 'monotonic' | 'wall', milliseconds: number): void {
  const [object, name] = which === 'monotonic' ? ([performance, 'now'] as const) : ([Date, 'now'] as const)
  const before = object.now.bind(object)
  vi.spyOn(object as { now: () => number }, name).mockImplementation(() => before() + milliseconds)
}

/** A ledger that notes how often a permit was leased and went back unused. */
function watchedLedger(): { readonly ledger: Ledger; readonly seen: { leased: number; unused: number } } {
  const seen = { leased: 0, unused: 0 }
  const local = createLocalLedger({ share: 1, earlierSends: () => [] })
  const ledger: Ledger = {
    ...local,
    lease: async (...args) => {
      const leased = await local.lease(...args)
      seen.leased += leased.length
      return leased
    },
    settle: (bucket, permit, outcome, now) => {
      if (outcome.kind === 'unused') seen.unused++
      local.settle(bucket, permit, outcome, now)
    },
  }
  return { ledger, seen }
}

it('goes on by itself once what an earlier question has used up is there again', async () => {
  const until = Date.now() + 1_500
  const earlierExhausted = (): number => until
  const ledger = createLocalLedger({ share: 1, earlierSends: () => [], earlierExhausted })
  const pacer = pacerOf({ ledger })
  expect(pacer.exhausted().get(lifecycle)).toBe(until)
  await pacer.request(lifecycle, { send: async () => answer(8, 7) })
  expect(Date.now()).toBeGreaterThanOrEqual(until)
  expect(pacer.exhausted().size).toBe(0)
})

describe('a permit', () => {
  it('is given back where a refusal has closed the bucket before there was a slot', async () => {
    const pacer = pacerOf({ concurrency: 2 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    let sent = 0
    const all = Array.from({ length: 20 }, () => hold(pacer, lifecycle, () => sent++))
    await Promise.all(all.slice(0, 2).map(({ started }) => started))
    // Others have used up what the whole org may use; the token's own counter shows nothing of it.
    all[0]?.end(answer(1_000_000, 998_000, undefined, 429))
    await all[0]?.ended
    all[1]?.end(plenty())
    await all[1]?.ended
    await settled()
    expect(sent).toBe(2)
    expect(pacer.report()[0]).toMatchObject({ inFlight: 0, waiting: { why: 'refused' } })
  })

  it('for a probe is given back where an answer has shown the window since it was asked for', async () => {
    const local = createLocalLedger({ share: 0.3, earlierSends: () => [] })
    const [askedTwice, decided] = [deferred<void>(), deferred<void>()]
    const second = deferred<readonly Permit[]>()
    const unused: Permit[] = []
    let leases = 0
    const pacer = pacerOf({
      ledger: {
        ...local,
        // As one that keeps its rows elsewhere: only by asking it is known what it would give.
        room: () => ({ available: 0, askAt: leases < 3 ? 0 : Number.POSITIVE_INFINITY }),
        lease: async (...args) => {
          leases++
          if (leases === 1) return await local.lease(...args)
          if (leases === 2) askedTwice.resolve()
          else decided.resolve()
          return leases === 2 ? await second.promise : []
        },
        settle: (bucket, permit, outcome, now) => {
          if (outcome.kind === 'unused') unused.push(permit)
          else local.settle(bucket, permit, outcome, now)
        },
      },
      concurrency: 2,
    })
    const first = hold(pacer, lifecycle)
    await first.started
    let sent = 0
    hold(pacer, lifecycle, () => {
      sent++
      decided.resolve()
    })
    await askedTwice.promise
    first.end(answer(4, 3))
    await first.ended
    const probe = { probe: true, grantedAt: Date.now() }
    second.resolve([probe])
    await decided.promise
    expect(unused).toEqual([probe])
    expect(sent).toBe(0)
  })

  it('is given back where nothing was sent after all', async () => {
    const pacer = pacerOf({ share: 0.5 })
    await pacer.request(lifecycle, { send: async () => answer(8, 7) })
    for (let i = 0; i < 20; i++)
      expect(await pacer.request(lifecycle, { prepare: async () => false, send: neverSent })).toBeNull()
    for (let i = 0; i < 20; i++) await pacer.request(lifecycle, { send: async () => noAnswer(false) })
    const three = Array.from({ length: 3 }, () => hold(pacer, lifecycle))
    await Promise.all(three.map(({ started }) => started))
    let more = 0
    hold(pacer, lifecycle, () => {
      more++
    })
    await settled()
    expect(more).toBe(0)
  })

  it('is given on, and the slot with it, where preparing fails', async () => {
    const pacer = pacerOf({ concurrency: 1, share: 0.5 })
    await pacer.request(lifecycle, { send: async () => answer(8, 7) })
    const error = new Error('the journal is full')
    for (let i = 0; i < 10; i++) {
      const request = pacer.request(lifecycle, { prepare: () => Promise.reject(error), send: neverSent })
      await expect(request).rejects.toBe(error)
    }
    for (const remaining of [6, 5, 4])
      expect(await pacer.request(lifecycle, { send: async () => answer(8, remaining) })).not.toBeNull()
  })

  it('is spent by a send that throws: nobody knows what has left', async () => {
    const pacer = pacerOf({ share: 0.5 })
    await pacer.request(lifecycle, { send: async () => answer(8, 7) })
    for (let i = 0; i < 3; i++)
      await expect(pacer.request(lifecycle, { send: () => Promise.reject(new Error('x')) })).rejects.toThrow()
    let more = 0
    hold(pacer, lifecycle, () => {
      more++
    })
    await settled()
    expect(more).toBe(0)
  })

  it('is spent by a request that may have left', async () => {
    const pacer = pacerOf({ share: 0.5 })
    await pacer.request(lifecycle, { send: async () => answer(8, 7) })
    for (let i = 0; i < 3; i++) await pacer.request(lifecycle, { send: async () => noAnswer(true) })
    let more = 0
    hold(pacer, lifecycle, () => {
      more++
    })
    await settled()
    expect(more).toBe(0)
  })

  it('is taken ahead of its slot while permits are plenty, and never while they are scarce', async () => {
    for (const [limit, most] of [
      [1_000, 15],
      [60, 3],
    ] as const) {
      let taken = 0
      const pacer = pacerOf({
        concurrency: 3,
        share: 0.5,
        reservoirs: {
          take: async (_bucket, _available, count) => {
            taken += count
          },
        },
      })
      await pacer.request(lifecycle, { send: async () => answer(limit, limit - 1) })
      let under = 0
      for (let i = 0; i < 30; i++)
        hold(pacer, lifecycle, () => {
          under++
        })
      await settled()
      expect([taken <= most, taken > (most === 3 ? 0 : 3), under]).toEqual([true, true, 3])
    }
  })
})

describe.each(['monotonic', 'wall'] as const)('a permit that grows old by the %s clock', (clock) => {
  it('goes back unused where a process is stopped before it has a slot, and the request gets another one', async () => {
    const { ledger, seen } = watchedLedger()
    const pacer = pacerOf({ concurrency: 1, ledger })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const first = hold(pacer, lifecycle)
    await first.started
    let mayHave = false
    const second = pacer.request(lifecycle, {
      send: async (mayLeave) => {
        mayHave = mayLeave()
        return plenty()
      },
    })
    await settled()
    expect(seen).toEqual({ leased: 3, unused: 0 })
    pass(clock, usedWithinMs)
    first.end(plenty())
    await second
    expect(seen).toEqual({ leased: 4, unused: 1 })
    expect(mayHave).toBe(true)
  })

  it('is still good shortly before that', async () => {
    const { ledger, seen } = watchedLedger()
    const pacer = pacerOf({ concurrency: 1, ledger })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const first = hold(pacer, lifecycle)
    await first.started
    const second = pacer.request(lifecycle, { send: async () => plenty() })
    await settled()
    pass(clock, usedWithinMs - 5_000)
    first.end(plenty())
    await second
    expect(seen).toEqual({ leased: 3, unused: 0 })
  })

  it('is not sent with where a process is stopped while the request is prepared', async () => {
    const pacer = pacerOf()
    const seen: boolean[] = []
    await pacer.request(lifecycle, {
      prepare: async (mayLeave) => {
        seen.push(mayLeave())
        pass(clock, usedWithinMs)
        return true
      },
      send: async (mayLeave) => {
        seen.push(mayLeave())
        return noAnswer(false)
      },
    })
    expect(seen).toEqual([true, false])
  })

  it('goes back at once where it has taken as long to come', async () => {
    const { ledger, seen } = watchedLedger()
    const { lease } = ledger
    const slow: Ledger = {
      ...ledger,
      lease: async (...args) => {
        const leased = await lease(...args)
        if (seen.leased === 1) pass(clock, usedWithinMs)
        return leased
      },
    }
    const noted: number[] = []
    const pacer = pacerOf({ ledger: slow, onPermits: (_bucket, count) => noted.push(count) })
    await pacer.request(lifecycle, { send: async () => plenty() })
    expect(seen).toEqual({ leased: 2, unused: 1 })
    expect(noted).toEqual([1])
  })
})

describe('a request that has to be prepared', () => {
  it('keeps all others waiting while it takes its time and no limit is known', async () => {
    const pacer = pacerOf({ share: 0.5 })
    const begun: string[] = []
    const prepared = deferred<void>()
    const request = (name: string): Promise<unknown> =>
      pacer.request(lifecycle, {
        prepare: async () => {
          begun.push(name)
          await prepared.promise
          return true
        },
        send: async () => answer(4, 3),
      })
    const first = request('first')
    await settled()
    pass('monotonic', usedWithinMs / 3)
    pass('wall', usedWithinMs / 3)
    const second = request('second')
    await settled()
    expect(begun).toEqual(['first'])
    prepared.resolve()
    await Promise.all([first, second])
    expect(begun).toEqual(['first', 'second'])
  })

  it.each([
    [true, ['first', 'second']],
    // A service app's call waits for its access token: all that were let go meanwhile would leave together.
    [false, ['first']],
  ])(
    'keeps the others waiting for 3 s where it hangs after it has left, and longer where it has not: %s',
    async (hasLeft, expected) => {
      const pacer = pacerOf({ share: 0.5 })
      const begun: string[] = []
      const request = (name: string): void => {
        const sending = pacer.request(lifecycle, {
          send: (mayLeave) => {
            begun.push(name)
            if (hasLeft) mayLeave()
            return new Promise(() => {})
          },
        })
        sending.catch(() => {})
      }
      request('first')
      await settled()
      request('second')
      await settled()
      expect(begun).toEqual(['first'])
      pass('monotonic', 4_000)
      pass('wall', 4_000)
      await new Promise((resolve) => setTimeout(resolve, 400))
      expect(begun).toEqual(expected)
    },
  )

  it('is prepared once it has its permit, and before it is sent', async () => {
    const pacer = pacerOf()
    const happened: string[] = []
    const first = hold(pacer, lifecycle)
    await first.started
    const second = pacer.request(lifecycle, {
      prepare: async () => {
        happened.push('prepared')
        await new Promise((resolve) => setImmediate(resolve))
        happened.push('on disk')
        return true
      },
      send: async () => {
        happened.push('sent')
        return plenty()
      },
    })
    await settled()
    expect(happened).toEqual([])
    first.end(plenty())
    await second
    expect(happened).toEqual(['prepared', 'on disk', 'sent'])
  })

  it('is prepared in its slot: no more are than slots, however many permits there are', async () => {
    const pacer = pacerOf({ concurrency: 3 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    let preparing = 0
    for (let i = 0; i < 30; i++) {
      const request = pacer.request(lifecycle, {
        prepare: () => {
          preparing++
          return new Promise<boolean>(() => {})
        },
        send: neverSent,
      })
      request.catch(() => {})
    }
    await settled()
    expect(preparing).toBe(3)
  })

  it('makes room for the next where it is withdrawn', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const withdrawn = pacer.request(lifecycle, { prepare: async () => false, send: neverSent })
    const next = pacer.request(lifecycle, { send: async () => plenty() })
    expect(await withdrawn).toBeNull()
    expect(await next).toMatchObject({ httpStatus: 200 })
  })
})
