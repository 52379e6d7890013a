import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { usersCsv, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 40 })
const nightly = ['run', '--job', 'nightly.yaml', '--yes', '--quiet']

it('of two runs of a job that start in the same moment exactly one works, time after time', async () => {
  await withWorkplace(async (place) => {
    // Nothing is answered while they start: the one that works is still at it when the other has ended.
    const org = await place.org({ users, latencyMs: 120_000 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write('nightly.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
    for (let round = 0; round < 20; round++) {
      const two = [place.start(org, nightly), place.start(org, nightly)] as const
      const loser = await Promise.race(two.map(async (cli) => ({ cli, end: await cli.ended })))
      expect(loser.end.code, loser.end.stderr).toBe(5)
      expect(loser.end.stderr).toContain('the job nightly')
      const winner = two.find((cli) => cli !== loser.cli)
      await org.waitUntil(() => org.requests.length > round)
      expect(org.requests).toHaveLength(round + 1)
      expect(await place.runs()).toHaveLength(round + 1)
      // Its lock is left to the next round, which takes it over.
      expect(winner?.kill('SIGKILL')).toBe(true)
      await winner?.ended
    }
  })
}, 300_000)
