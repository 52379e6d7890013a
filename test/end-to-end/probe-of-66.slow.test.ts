import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it.each([60, 64])(
  '66 rows of which the first %i are refused get done without a word of a person',
  { timeout: 200_000 },
  async (refusedRows) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 66, factors: 1 })
      const refused = new Set(users.slice(0, refusedRows).map(({ id }) => id))
      const org = await place.org({
        users,
        fault: ({ key, action }) =>
          action !== null && refused.has(key ?? '') ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const first = await place.run(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended])
      const codes = [first.code]
      const tried = [
        org.requests
          .filter(({ action }) => action !== null)
          .map(({ key }) => users.findIndex(({ id }) => id === key) + 1)
          .join(),
      ]
      for (let i = 0; i < 3 && codes.at(-1) === 4; i++) {
        const from = org.requests.length
        codes.push((await place.run(org, ['resume', runId, '--yes', '--quiet'])).code)
        tried.push(
          org.requests
            .slice(from)
            .filter(({ action }) => action !== null)
            .map(({ key }) => users.findIndex(({ id }) => id === key) + 1)
            .join(),
        )
      }
      expect(Object.keys(org.applied).length, String(codes)).toBe(66 - refusedRows)
    })
  },
)
