import { describe, expect, it } from 'vitest'
import { createLocalLedger } from '../../src/budget/local-ledger.ts'
import type { Reservoirs } from '../../src/budget/reservoirs.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { deferred, hold, lifecycle, neverSent, pacerOf, plenty, reads, settled } from './pacing.ts'

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
    for (const one of waiting) await expect(one).rejects.toBeInstanceOf(RunStopped)
    await expect(pacer.request(reads, { send: async () => plenty() })).rejects.toBeInstanceOf(RunStopped)
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

  it('neither prepares nor sends what has its permit but no slot yet', async () => {
    const pacer = pacerOf({ concurrency: 1 })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const under = hold(pacer, lifecycle)
    await under.started
    let prepared = false
    const second = pacer.request(lifecycle, {
      prepare: async () => {
        prepared = true
        return true
      },
      send: neverSent,
    })
    second.catch(() => {})
    // It gets its permit meanwhile, and waits for the slot.
    await settled()
    pacer.stop()
    under.end(plenty())
    await expect(second).rejects.toBeInstanceOf(RunStopped)
    await pacer.idle()
    expect(prepared).toBe(false)
  })

  it('gives back at once what has its permit but no slot, however long the calls under way take', async () => {
    const local = createLocalLedger({ share: 1, earlierSends: () => [] })
    const pacer = pacerOf({ concurrency: 1, ledger: local })
    await pacer.request(lifecycle, { send: async () => plenty() })
    const under = hold(pacer, lifecycle)
    await under.started
    const second = pacer.request(lifecycle, { send: neverSent })
    const rejected = expect(second).rejects.toBeInstanceOf(RunStopped)
    await settled()
    expect(local.budget(lifecycle).inFlight).toBe(2)
    pacer.stop()
    expect(local.budget(lifecycle).inFlight).toBe(1)
    await rejected
    under.end(plenty())
    await pacer.idle()
    expect(local.budget(lifecycle).inFlight).toBe(0)
  })

  it('sends nothing that was leased but not begun', async () => {
    const release = deferred<void>()
    const reservoirs: Reservoirs = { take: () => release.promise }
    const pacer = pacerOf({ reservoirs })
    await pacer.request(lifecycle, { send: async () => plenty() })
    let begun = false
    const request = pacer.request(lifecycle, {
      send: async () => {
        begun = true
        return plenty()
      },
    })
    pacer.stop()
    await expect(request).rejects.toBeInstanceOf(RunStopped)
    release.resolve()
    await settled()
    expect(begun).toBe(false)
    await pacer.idle()
  })
})
