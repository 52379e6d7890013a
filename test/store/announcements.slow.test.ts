import { describe, expect, it, onTestFinished } from 'vitest'
import { Announcements } from '../../src/store/announcements.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { privateCluster } from '../support/private-cluster.ts'

const cluster = await privateCluster()

describe.skipIf(cluster.missing !== null)('announcements', () => {
  it('tell again of a time that was due and could not be noted, until it is', async () => {
    const announcements = await Announcements.open(parseStoreUrl(cluster.postgres.url))
    onTestFinished(async () => await announcements.close())
    const told = new Map<number, number>()
    let lost: number | null = null
    const noted = new Promise<void>((resolve) => {
      announcements.listen({
        runs: 1,
        onRun: async () => 'done',
        onDue: async (_schedule, at) => {
          lost ??= at
          told.set(at, (told.get(at) ?? 0) + 1)
          if (at !== lost) return
          if (told.get(at) === 3) resolve()
          else throw new Error('The store has no free connection.')
        },
      })
    })
    await announcements.schedule('nightly', '* * * * * *', 'UTC')
    await noted
    expect(lost === null ? 0 : told.get(lost)).toBe(3)
  })
})
