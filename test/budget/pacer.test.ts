import { afterEach, describe, expect, it } from 'vitest'
import { createLocalLedger, type Ledger } from '../../src/budget/ledger.ts'
import { Pacer, PacerStopped } from '../../src/budget/pacer.ts'
import type { Answer } from '../../src/okta/answer.ts'
import type { Bucket } from '../../src/okta/bucket.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { answerOf, noAnswer } from '../okta/answers.ts'

const lifecycle: Bucket = '/api/v1/users'
const reads: Bucket = '/api/v1/users/{id}'

const pacers: Pacer[] = []

afterEach(() => {
  for (const pacer of pacers.splice(0)) pacer.stop()
})

interface Options {
  readonly concurrency?: number
  readonly share?: number
  readonly ledger?: Ledger
  readonly earlierSends?: readonly number[]
}

function pacerOf({ concurrency = 10, share = 1, ledger, earlierSends = [] }: Options = {}): Pacer {
  const clock = new OktaClock()
  const pacer = new Pacer({
    concurrency,
    share,
    clock,
    ledger: ledger ?? createLocalLedger(),
    earlierSends: (bucket) => (bucket === lifecycle ? earlierSends : []),
    workLeft: () => 0,
  })
  pacers.push(pacer)
  return pacer
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

function answer(limit: number, remaining: number, reset = inSeconds(60), httpStatus = 200): Answer {
  return answerOf(httpStatus, '{}', {
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(reset),
  })
}

/** The send of a request that is withdrawn. */
async function neverSent(): Promise<Answer> {
  throw new Error('sent though it was withdrawn')
}

const plenty = (): Answer => answer(1_000_000, 999_000)
const crowded = (): Answer => answer(0, 0, inSeconds(113), 429)

/** A request that is under way until the test ends it. */
interface Held {
  readonly started: Promise<void>
  readonly ended: Promise<Answer | null>
  end(answer: Answer): void
}

function hold(pacer: Pacer, bucket: Bucket, onStart: () => void = () => {}): Held {
  const { promise, resolve } = deferred<Answer>()
  const start = deferred<void>()
  const ended = pacer.request(bucket, {
    send: () => {
      onStart()
      start.resolve()
      return promise
    },
  })
  ended.catch(() => {})
  return { started: start.promise, ended, end: resolve }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Lets all that can happen without anything more from the test happen. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60))
}

describe('the pacer', () => {
  it('sends one request in an unknown bucket, and more once it was answered', async () => {
    const pacer = pacerOf()
    let under = 0
    const all = Array.from({ length: 5 }, () =>
      hold(pacer, lifecycle, () => {
        under++
      }),
    )
    await all[0]?.started
    await settled()
    expect(under).toBe(1)
    all[0]?.end(plenty())
    await Promise.all(all.map(({ started }) => started))
    expect(under).toBe(5)
    for (const held of all) held.end(plenty())
    await pacer.idle()
  })

  it('carries a thousand requests to their end, never more at once than the concurrency', async () => {
    const pacer = pacerOf({ concurrency: 7 })
    let under = 0
    let most = 0
    const send = async (): Promise<Answer> => {
      under++
      most = Math.max(most, under)
      await new Promise((resolve) => setImmediate(resolve))
      under--
      return plenty()
    }
    const buckets = [lifecycle, reads]
    const all = Array.from({ length: 1_000 }, (_, i) => pacer.request(buckets[i % 2] ?? lifecycle, { send }))
    const answers = await Promise.all(all)
    expect(answers.every((found) => found !== null)).toBe(true)
    expect(most).toBe(7)
    expect(pacer.report().map(({ bucket, used }) => [bucket, used])).toEqual([
      [lifecycle, 500],
      [reads, 500],
      ['/api/v1/users/me', 0],
    ])
  })

  it('lets those who wait for a permit hold no slot', async () => {
    const pacer = pacerOf({ concurrency: 2 })
    await pacer.request(lifecycle, { send: async () => answer(50, 0, inSeconds(60), 429) })
    const waiting = Array.from({ length: 20 }, () => hold(pacer, lifecycle))
    await pacer.request(reads, { send: async () => plenty() })
    const both = [hold(pacer, reads), hold(pacer, reads)]
    await Promise.all(both.map(({ started }) => started))
    for (const held of both) held.end(plenty())
    await Promise.all(both.map(({ ended }) => ended))
    pacer.stop()
    await expect(Promise.allSettled(waiting.map(({ ended }) => ended))).resolves.toSatisfy(
      (results: PromiseSettledResult<unknown>[]) => results.every(({ status }) => status === 'rejected'),
    )
  })

  it('lets lifecycle calls go before reads that came earlier', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    // So few that none is taken ahead of its slot.
    await pacer.request(reads, { send: async () => answer(4, 3) })
    await pacer.request(lifecycle, { send: async () => answer(4, 3) })
    const first = hold(pacer, reads)
    await first.started
    const order: string[] = []
    const later = [
      hold(pacer, reads, () => order.push('read')),
      hold(pacer, reads, () => order.push('read')),
      hold(pacer, lifecycle, () => order.push('lifecycle')),
      hold(pacer, lifecycle, () => order.push('lifecycle')),
    ]
    later[0]?.end(answer(4, 1))
    later[2]?.end(answer(4, 2))
    later[3]?.end(answer(4, 1))
    first.end(answer(4, 2))
    await Promise.all([later[0], later[2], later[3]].map((held) => held?.ended))
    expect(order).toEqual(['lifecycle', 'lifecycle', 'read'])
  })

  it('sends no more of a window than the share, and goes on a second after its reset', async () => {
    const pacer = pacerOf({ share: 0.5 })
    const reset = inSeconds(1)
    let used = 0
    const sentAt: number[] = []
    const send = async (): Promise<Answer> => {
      const now = Date.now()
      sentAt.push(now)
      if (now < (reset + 1) * 1000) return answer(10, 10 - ++used, reset)
      return answer(10, 9, reset + 61)
    }
    await Promise.all(Array.from({ length: 6 }, () => pacer.request(lifecycle, { send })))
    const before = sentAt.filter((time) => time < (reset + 1) * 1000)
    expect(before).toHaveLength(5)
    expect(sentAt.at(-1)).toBeLessThan((reset + 3) * 1000)
  })

  it('closes a bucket for all after a 429', async () => {
    const pacer = pacerOf()
    await pacer.request(lifecycle, { send: async () => plenty() })
    await pacer.request(lifecycle, { send: async () => answer(1_000_000, 0, inSeconds(60), 429) })
    let under = 0
    for (let i = 0; i < 5; i++)
      hold(pacer, lifecycle, () => {
        under++
      })
    await settled()
    expect(under).toBe(0)
  })

  it('gives the permit back where nothing was sent after all', async () => {
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

  it('prepares a request once it has its permit, and before it is sent', async () => {
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

  it('prepares at most twice as many as there are slots while permits are plenty, and none ahead while they are scarce', async () => {
    for (const [limit, most] of [
      [1_000, 6],
      [22, 3],
    ] as const) {
      const pacer = pacerOf({ concurrency: 3, share: 0.5 })
      await pacer.request(lifecycle, { send: async () => answer(limit, limit - 1) })
      let prepared = 0
      let under = 0
      for (let i = 0; i < 30; i++) {
        const held = new Promise<Answer>(() => {})
        const waiting = pacer.request(lifecycle, {
          prepare: async () => {
            prepared++
            return true
          },
          send: () => {
            under++
            return held
          },
        })
        waiting.catch(() => {})
      }
      await settled()
      expect([prepared, under]).toEqual([most, 3])
      pacer.stop()
    }
  })

  it('gives the slot and the permit on where preparing fails', async () => {
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

  it('keeps the permit of a send that throws: nobody knows what has left', async () => {
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

  it('keeps the permit of a request that may have left', async () => {
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

  it('hands on what a send throws, and goes on', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    const error = new Error('the journal is full')
    await expect(
      pacer.request(lifecycle, {
        send: async () => {
          throw error
        },
      }),
    ).rejects.toBe(error)
    await expect(
      pacer.request(lifecycle, {
        send: () => {
          throw error
        },
      }),
    ).rejects.toBe(error)
    expect(await pacer.request(lifecycle, { send: async () => plenty() })).toMatchObject({ httpStatus: 200 })
  })

  it('hands on what the ledger throws, without losing the permits', async () => {
    const local = createLocalLedger()
    let broken = true
    const ledger: Ledger = {
      take: async (bucket, available, count) => {
        if (broken) throw new Error('the ledger is away')
        await local.take(bucket, available, count)
      },
    }
    const pacer = pacerOf({ ledger })
    await pacer.request(lifecycle, { send: async () => plenty() })
    await expect(pacer.request(lifecycle, { send: async () => plenty() })).rejects.toThrow(
      'the ledger is away',
    )
    broken = false
    expect(await pacer.request(lifecycle, { send: async () => plenty() })).toMatchObject({ httpStatus: 200 })
  })

  it('counts what an earlier sitting sent in the window', async () => {
    const now = Date.now()
    const pacer = pacerOf({ share: 0.5, earlierSends: [now - 100, now - 100, now - 100] })
    await pacer.request(lifecycle, { send: async () => answer(10, 6) })
    let under = 0
    for (let i = 0; i < 4; i++)
      hold(pacer, lifecycle, () => {
        under++
      })
    await settled()
    expect(under).toBe(1)
  })
})

describe('the pacer at Okta’s concurrency limit', () => {
  /** Starts many at once, and tells how many go. */
  async function crowdOf(pacer: Pacer, count: number): Promise<Held[]> {
    const all = Array.from({ length: count }, () => hold(pacer, lifecycle))
    await settled()
    return all
  }

  async function mostAtOnce(pacer: Pacer): Promise<number> {
    let under = 0
    const all = Array.from({ length: 30 }, () =>
      hold(pacer, lifecycle, () => {
        under++
      }),
    )
    await settled()
    const found = under
    for (const held of all) held.end(plenty())
    await Promise.all(all.map(({ ended }) => ended))
    return found
  }

  it('lets fewer go at once, and grows back', async () => {
    const pacer = pacerOf({ concurrency: 8 })
    for (let i = 0; i < 20; i++) await pacer.request(lifecycle, { send: async () => plenty() })
    const crowd = await crowdOf(pacer, 8)
    // The last that started saw all eight.
    crowd.at(-1)?.end(crowded())
    await crowd.at(-1)?.ended
    const next = hold(pacer, lifecycle)
    let over = false
    void next.started.then(() => {
      over = true
    })
    await settled()
    expect(over).toBe(false)
    for (const held of crowd.slice(0, 6)) held.end(plenty())
    await next.started
    for (const held of [...crowd, next]) held.end(plenty())
    await pacer.idle()
    for (let i = 0; i < 300; i++) await pacer.request(lifecycle, { send: async () => plenty() })
    expect(await mostAtOnce(pacer)).toBe(8)
  })

  it('does not close the bucket, whatever its reset says', async () => {
    const pacer = pacerOf()
    await pacer.request(lifecycle, { send: async () => plenty() })
    await pacer.request(lifecycle, { send: async () => crowded() })
    expect(await pacer.request(lifecycle, { send: async () => plenty() })).toMatchObject({ httpStatus: 200 })
  })

  it('keeps one going, however often it is met', async () => {
    const pacer = pacerOf({ concurrency: 8 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    for (let i = 0; i < 20; i++) await pacer.request(lifecycle, { send: async () => crowded() })
    expect(await mostAtOnce(pacer)).toBeGreaterThanOrEqual(1)
  })
})

describe('stopping the pacer', () => {
  it('turns away all who wait and all who come, and lets those under way end', async () => {
    const pacer = pacerOf({ concurrency: 2 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const under = [hold(pacer, lifecycle), hold(pacer, lifecycle)]
    await Promise.all(under.map(({ started }) => started))
    const waiting = [
      pacer.request(lifecycle, { send: async () => plenty() }),
      pacer.request(reads, { send: async () => plenty() }),
    ]
    let idle = false
    pacer.stop()
    for (const one of waiting) await expect(one).rejects.toBeInstanceOf(PacerStopped)
    await expect(pacer.request(reads, { send: async () => plenty() })).rejects.toBeInstanceOf(PacerStopped)
    void pacer.idle().then(() => {
      idle = true
    })
    await settled()
    expect(idle).toBe(false)
    for (const held of under) held.end(plenty())
    expect(await Promise.all(under.map(({ ended }) => ended))).toMatchObject([
      { httpStatus: 200 },
      { httpStatus: 200 },
    ])
    await pacer.idle()
  })

  it('sends nothing that was prepared but has no slot yet', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const under = hold(pacer, lifecycle)
    await under.started
    const prepared = deferred<void>()
    const second = pacer.request(lifecycle, {
      prepare: async () => {
        prepared.resolve()
        return true
      },
      send: neverSent,
    })
    await prepared.promise
    pacer.stop()
    under.end(plenty())
    await expect(second).rejects.toBeInstanceOf(PacerStopped)
    await pacer.idle()
  })

  it('sends nothing that was leased but not begun', async () => {
    const release = deferred<void>()
    const ledger: Ledger = { take: () => release.promise }
    const pacer = pacerOf({ ledger })
    await pacer.request(lifecycle, { send: async () => plenty() })
    let begun = false
    const request = pacer.request(lifecycle, {
      send: async () => {
        begun = true
        return plenty()
      },
    })
    pacer.stop()
    await expect(request).rejects.toBeInstanceOf(PacerStopped)
    release.resolve()
    await settled()
    expect(begun).toBe(false)
    await pacer.idle()
  })
})
