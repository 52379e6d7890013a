import { describe, expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

describe('a permission that is taken away from the token', () => {
  it.each([
    { rows: 12, concurrency: 10, after: 0 },
    { rows: 25, concurrency: 10, after: 0 },
    { rows: 25, concurrency: 3, after: 8 },
    { rows: 40, concurrency: 10, after: 8 },
    { rows: 60, concurrency: 10, after: 8 },
    { rows: 60, concurrency: 3, after: 8 },
  ])(
    'stops a run of $rows rows, $concurrency at once, after $after calls, and fails nobody',
    async ({ rows, concurrency, after }) => {
      await withWorkplace(async (place) => {
        let isThere = true
        let calls = 0
        const users = makeUsers({ count: rows })
        const org = await place.org({
          users,
          latencyMs: 5,
          fault: ({ action, key }) => {
            if (action !== null && ++calls > after) isThere = false
            const isOfUser = key !== null && key !== 'me'
            return isOfUser && (after === 0 || !isThere) && !isGivenBack ? { name: 'forbidden' } : null
          },
        })
        let isGivenBack = false
        await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
        await place.write(
          'job.yaml',
          `name: leavers\naction: suspend\npace: { concurrency: ${concurrency} }\nguards: { protect_admins: false }\n`,
        )
        const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
        expect(first.code, first.stderr).toBe(4)
        const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(summary.results).toMatchObject({ succeeded: after, failed: 0 })
        isGivenBack = true
        const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
        expect(resumed.code, resumed.stderr).toBe(0)
        expect(Object.values(org.applied)).toEqual(Array(rows).fill(1))
      })
    },
  )
})
