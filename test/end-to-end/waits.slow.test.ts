import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

interface Status {
  readonly waiting: { readonly why: string; readonly bucket: string | null } | null
  readonly eta_seconds: number | null
}

it('tells that lost answers are looked into after a cut, why and until when', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 4 })
    const hanging = { now: true }
    const org = await place.org({
      users,
      fault: ({ action }) => (hanging.now && action === 'suspend' ? { name: 'hangAfter' } : null),
    })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    const env = { OKTA_CLIENT_REQUESTTIMEOUT: '8' }
    const cut = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], { env })
    await org.waitUntil(() => Object.keys(org.applied).length === 4)
    cut.kill('SIGKILL')
    await cut.ended
    hanging.now = false
    const resumed = place.start(org, ['resume', runId], { env })
    await resumed.says(
      /ETA \d+ s, Waiting until \d\d:\d\d:\d\d UTC: calls that got no answer may still be under way/,
    )
    const said = async (): Promise<unknown> => {
      const { stdout } = await place.runHere(org, ['status', runId, '--json'])
      const { waiting, eta_seconds: eta } = JSON.parse(stdout) as Status
      return { why: waiting?.why, bucket: waiting?.bucket, hasEta: (eta ?? 0) > 0 }
    }
    const due = { why: 'unanswered', bucket: null, hasEta: true }
    await expect.poll(said, { timeout: 10_000, interval: 200 }).toEqual(due)
    const end = await resumed.ended
    expect(end.code, end.stderr).toBe(0)
  })
})
