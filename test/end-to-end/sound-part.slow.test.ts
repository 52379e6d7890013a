import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '3' } }
const yes = ['--yes', '--quiet']

for (const way of ['resume', 'retry', 'failed.csv'] as const) {
  it.concurrent(`an older journal, taken up and stopped at once, then ${way}: nothing twice`, {
    timeout: 90_000,
  }, async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 60, status: 'PROVISIONED' })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const cli = place.start(org, ['run', 'in.csv', '--action', 'reactivate', ...unattended], more)
      await org.waitUntil(() => Object.keys(org.applied).length >= 40)
      cli.kill('SIGINT')
      await cli.ended
      const journal = join(place.directory, 'runs', runId, 'journal.ndjson')
      const lines = (await readFile(journal, 'utf8')).split('\n')
      await truncate(journal, lines.slice(0, Math.floor(lines.length / 4)).join('\n').length + 1)
      const taken = place.start(org, ['resume', runId, '--take-sound-part', ...yes], more)
      const before = org.requests.length
      await Promise.race([taken.ended, org.waitUntil(() => org.requests.length > before + 3)])
      taken.kill('SIGINT')
      await taken.ended
      await place.read(`runs/${runId}/failed.csv`)

      if (way === 'resume') await place.run(org, ['resume', runId, ...yes], more)
      if (way === 'retry') await place.run(org, ['retry', runId, ...yes], more)
      if (way === 'failed.csv')
        await place.run(org, ['run', `runs/${runId}/failed.csv`, '--action', 'reactivate', ...yes], more)
      const twice = Object.values(org.applied).filter((count) => count > 1).length
      expect(twice).toBe(0)
    })
  })
}
