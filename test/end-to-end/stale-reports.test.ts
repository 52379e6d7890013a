import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('a failed.csv of an earlier stop is gone before the next execution sends anything', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 40 })
    const org = await place.org({ users, latencyMs: 20 })
    const directory = join(place.directory, 'runs', runId)
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    const first = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended])
    await org.waitUntil(() => Object.keys(org.applied).length >= 8)
    first.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    expect(parseCsv(await place.read(`runs/${runId}/failed.csv`)).length).toBeGreaterThan(10)
    const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    const second = place.start(org, ['resume', runId, '--quiet'], impatient)
    await org.waitUntil(() => Object.keys(org.applied).length >= 25)
    second.kill('SIGKILL')
    await second.ended
    // What is not there can neither be fed again nor believed.
    const left = (await readdir(directory)).filter((name) => /^(failed|results|report)\./.test(name))
    expect(left).toEqual([])
    const third = await place.run(org, ['resume', runId, '--quiet'], impatient)
    expect(third.code, third.stderr).toBe(0)
    const results = parseCsv(await place.read(`runs/${runId}/results.csv`))
    expect(countsOf(results.map(({ result }) => result))).toEqual({ succeeded: 40 })
    expect(parseCsv(await place.read(`runs/${runId}/failed.csv`))).toEqual([])
    // A call that died with its process may not have arrived: who has no factors left is reset all the same.
    expect(Math.max(...Object.values(org.applied))).toBe(1)
  })
})

it('a retry leaves only the bad rows in the failed.csv of the run that it goes on from', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', 'user\nuser1@example.com\ngone@example.com\n"a@example.com, b@example.com"\n')
    const first = await place.runHere(org, [
      'run',
      'in.csv',
      '--action',
      'suspend',
      '--skip-invalid',
      ...unattended,
    ])
    expect(first.code, first.stderr).toBe(1)
    const failed = (): Promise<string> => place.read(`runs/${runId}/failed.csv`)
    expect(parseCsv(await failed())).toHaveLength(2)
    expect((await place.runHere(org, ['retry', runId, '--yes', '--quiet'])).code).toBe(1)
    expect(parseCsv(await failed())).toEqual([
      { user: 'a@example.com, b@example.com', why: expect.stringMatching(/^skipped: user: /) },
    ])
    // Also when it is written again.
    expect((await place.runHere(org, ['report', runId, '--format', 'csv'])).code).toBe(0)
    expect(parseCsv(await failed())).toHaveLength(1)
    expect(parseCsv(await place.read(`runs/${runId}/results.csv`))).toHaveLength(3)
  })
})
