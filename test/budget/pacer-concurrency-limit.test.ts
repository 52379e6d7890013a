import { describe, expect, it } from 'vitest'
import type { Pacer } from '../../src/budget/pacer.ts'
import { crowded, type Held, hold, lifecycle, pacerOf, plenty, settled } from './pacing.ts'

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
    for (let round = 0; round < 30; round++) {
      const many = Array.from({ length: 10 }, () => pacer.request(lifecycle, { send: async () => plenty() }))
      await Promise.all(many)
    }
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

  it('cuts once for a crowd that is refused together, by what was under way', async () => {
    const pacer = pacerOf({ concurrency: 32 })
    for (let i = 0; i < 64; i++) await pacer.request(lifecycle, { send: async () => plenty() })
    const crowd = Array.from({ length: 32 }, () => hold(pacer, lifecycle))
    await Promise.all(crowd.map(({ started }) => started))
    // The first to be refused is one that was sent while the others were not under way yet.
    for (const held of crowd) held.end(crowded())
    await Promise.all(crowd.map(({ ended }) => ended))
    let under = 0
    const next = Array.from({ length: 32 }, () =>
      hold(pacer, lifecycle, () => {
        under++
      }),
    )
    await settled()
    expect(under).toBeGreaterThanOrEqual(16)
    expect(under).toBeLessThan(32)
    for (const held of next) held.end(plenty())
    await pacer.idle()
  })
})
