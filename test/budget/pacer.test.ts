import { describe, expect, it } from 'vitest'
import { createReservoirs, type Reservoirs } from '../../src/budget/reservoirs.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { answer, hold, inSeconds, lifecycle, pacerOf, plenty, reads, settled } from './pacing.ts'

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

  it('counts each sending of a call that had to be sent again', async () => {
    const noted: number[] = []
    const pacer = pacerOf({ onPermits: (_bucket, count) => noted.push(count) })
    await pacer.request(lifecycle, { send: async () => answer(10, 9) })
    // Of ten calls a window, this run has sent one. The next is turned away three times before it is let in.
    await pacer.request(lifecycle, { send: async () => ({ ...answer(10, 5), resends: 3 }) })
    expect(pacer.report()[0]).toMatchObject({ bucket: lifecycle, used: 5 })
    expect(noted).toEqual([1, 1, 3])
    let sent = 0
    const all = Array.from({ length: 8 }, () =>
      pacer.request(lifecycle, {
        send: async () => {
          sent++
          return answer(10, 5 - sent)
        },
      }),
    )
    await settled()
    await Promise.all(all.slice(0, 5))
    await settled()
    expect(sent).toBe(5)
    pacer.stop()
    await Promise.allSettled(all)
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

  it('sends a request that is to go first before those that wait already', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    const order: string[] = []
    const send = (name: string) => async (): Promise<Answer> => {
      order.push(name)
      return plenty()
    }
    const under = hold(pacer, reads)
    await under.started
    const waiting = [
      pacer.request(reads, { send: send('one') }),
      pacer.request(reads, { send: send('two') }),
      pacer.request(reads, { first: true, send: send('first') }),
    ]
    under.end(plenty())
    await Promise.all(waiting)
    expect(order).toEqual(['first', 'one', 'two'])
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
    const local = createReservoirs()
    let broken = true
    const reservoirs: Reservoirs = {
      take: async (bucket, available, count) => {
        if (broken) throw new Error('the ledger is away')
        await local.take(bucket, available, count)
      },
    }
    const pacer = pacerOf({ reservoirs })
    await pacer.request(lifecycle, { send: async () => plenty() })
    await expect(pacer.request(lifecycle, { send: async () => plenty() })).rejects.toThrow(
      'the ledger is away',
    )
    const both = Array.from({ length: 2 }, () => pacer.request(lifecycle, { send: async () => plenty() }))
    const ends = await Promise.allSettled(both)
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    broken = false
    expect(await pacer.request(lifecycle, { send: async () => plenty() })).toMatchObject({ httpStatus: 200 })
  })

  it('counts what an earlier execution sent in the window', async () => {
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
