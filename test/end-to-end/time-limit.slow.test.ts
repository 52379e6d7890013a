import { expect, it } from 'vitest'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

function timeLimit(seconds: number) {
  return { env: { OKTA_CLIENT_REQUESTTIMEOUT: String(seconds) } }
}

it('waits for a call by the time limit that it was sent with, also where the next execution has a shorter one', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 1, factors: 1 }),
      fault: ({ action, attempt }) =>
        action !== null && attempt === 1 ? { name: 'lateDrop', afterMilliseconds: 3_000 } : null,
    })
    await place.write('in.csv', usersCsv([userIdOf(1)]))
    const args = ['run', 'in.csv', '--action', 'reset_factors', ...unattended]
    const cli = place.start(org, args, timeLimit(5))
    await org.waitUntil(() => org.requests.some(({ action, fault }) => action !== null && fault !== null))
    cli.kill('SIGKILL')
    await cli.ended
    const end = await place.run(org, ['resume', runId, '--yes', '--quiet'], timeLimit(1))
    expect(end.code, end.stderr + end.stdout).toBe(0)
    expect(org.requests.filter(({ action }) => action !== null)).toHaveLength(1)
    expectAppliedOnce(org.applied, [`${userIdOf(1)} reset_factors`])
  })
})
