import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 300, factors: 1 })

it.concurrent.each([1, 3])(
  'a hold that is removed by hand while its process works lets nobody act twice (%i)',
  {
    timeout: 120_000,
  },
  async (round) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users, latencyMs: 200 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const applied = (): number => Object.values(org.applied).reduce((sum, count) => sum + count, 0)
      const first = place.start(org, [
        'run',
        'in.csv',
        '--action',
        'reset_factors',
        '--no-read',
        ...unattended,
      ])
      await org.waitUntil(() => applied() >= round * 8)
      await rm(join(place.directory, 'runs', runId, 'lock'), { recursive: true })
      const resumed = place.run(org, ['resume', runId, '--yes', '--quiet'])
      const codes = [(await resumed).code, (await first.ended).code]
      // The one that notices first leaves the run to the other, which may have noticed as well.
      expect(codes).toContain(5)

      const last = await place.run(org, ['resume', runId, '--yes', '--quiet'])
      expect([0, 1], last.stderr).toContain(last.code)
      expect(Object.entries(org.applied).filter(([, count]) => count > 1)).toEqual([])
      expect(Object.keys(org.applied).length).toBe(users.length)
      const verified = await place.run(null, ['verify-journal', runId])
      expect(verified.code, verified.stderr).toBe(0)
    })
  },
)
