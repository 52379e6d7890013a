import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  journalOf,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  withWorkplace,
} from './workplace.ts'

it('a deactivation that does not hold has failed with both facts, and only a person sends it again', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20 })
    const back = users[6]?.id ?? ''
    let org: ForeignOrg | null = null
    org = await place.org({
      users,
      // An import brings one user back as soon as it is looked at again.
      fault: ({ method, key }) => {
        const user = org?.org.users.get(key ?? '')
        if (method === 'GET' && user?.id === back && user.status === 'DEPROVISIONED') {
          user.status = 'ACTIVE'
          user.statusChanged = '2026-03-02T10:00:05.000Z'
        }
        return null
      },
    })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    const end = await place.runHere(org, ['run', 'in.csv', '--action', 'deactivate', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 19, failed: 1 })
    expect(lines[6]).toMatchObject({
      result: 'failed',
      status_before: 'ACTIVE',
      status_after: 'ACTIVE',
      http_status: '200',
      attempts: '1',
      message:
        'user was ACTIVE, Okta accepted deactivate, but it did not hold: user is ACTIVE since 2026-03-02T10:00:05.000Z',
    })
    expect(lines[0]).toMatchObject({ message: 'user was ACTIVE, is now DEPROVISIONED (verified)' })
    expect(end.stdout).toMatch(/^Verified +19 held, 1 did not hold$/m)
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.verified).toEqual({ held: 19, not_held: 1, not_known: 0 })
    const resumed = await place.runHere(org, ['resume', runId])
    expect(resumed.code, resumed.stderr).toBe(1)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} deactivate`),
    )
    expect(await place.read(`runs/${runId}/failed.csv`)).toContain('did not hold')
  })
})

it('an unsuspend that leads back to an unusual status holds, and an undo of it takes the user up', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2, status: 'SUSPENDED' })
    for (const [at, status] of (['LOCKED_OUT', 'STAGED'] as const).entries()) {
      Object.assign(users[at] ?? {}, { suspendedFrom: status })
    }
    const org = await place.org({ users })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    await place.write('job.yaml', 'name: back\naction: unsuspend\nverify: true\ninput: { file: in.csv }\n')
    const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stdout).toBe(0)
    expect(await place.results()).toMatchObject([
      { status_after: 'LOCKED_OUT', message: 'user was SUSPENDED, is now LOCKED_OUT (verified)' },
      { status_after: 'STAGED', message: 'user was SUSPENDED, is now STAGED (verified)' },
    ])
    const undo = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
    expect(undo.stderr).toContain(`The undo takes back what run ${runId} did to 2 users.`)
    // Known as that run left them: what keeps them from being suspended is their status alone.
    const [id = ''] = (await place.runs()).filter((name) => name !== runId)
    expect(parseCsv(await place.read(`runs/${id}/results.csv`))).toMatchObject([
      {
        result: 'failed',
        left_as: 'LOCKED_OUT',
        message: expect.stringMatching(/^user is LOCKED_OUT; suspend/),
      },
      { result: 'failed', left_as: 'STAGED', message: expect.stringMatching(/^user is STAGED; suspend/) },
    ])
  })
})

it('in the background and still in transition at the bound has succeeded, with the status as seen', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }), deactivationMilliseconds: 3_600_000 })
    await place.write('in.csv', usersCsv([loginOf(1), loginOf(2), loginOf(3)]))
    const job = 'name: leavers\naction: deactivate\noptions: { respond_async: true }\nverify: { for: 1s }\n'
    await place.write('job.yaml', job)
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    for (const line of await place.results()) {
      expect(line).toMatchObject({ result: 'succeeded', status_before: 'ACTIVE', status_after: 'ACTIVE' })
      expect(line.message).toContain('still in transition to DEPROVISIONED')
    }
  })
})

it('in the background is followed to its end, and a later row of the user waits for it', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2 }), deactivationMilliseconds: 1_500 })
    const rows = [
      [loginOf(1), 'deactivate'],
      [loginOf(2), 'deactivate'],
      [loginOf(1), 'activate'],
    ] as const
    await place.write('in.csv', usersCsv(rows))
    await place.write('job.yaml', 'name: leavers\noptions: { respond_async: true }\n')
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect((await place.results()).map(({ status_after: after, message }) => [after, message])).toEqual([
      ['DEPROVISIONED', 'user was ACTIVE, is now DEPROVISIONED (verified)'],
      ['DEPROVISIONED', 'user was ACTIVE, is now DEPROVISIONED (verified)'],
      ['PROVISIONED', 'user was DEPROVISIONED, is now PROVISIONED'],
    ])
  })
})

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'stopped by %s before it was verified is verified by resume',
  async (signal) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 5 })
      const org = await place.org({ users, deactivationMilliseconds: 4_000 })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.write('job.yaml', 'name: leavers\naction: deactivate\noptions: { respond_async: true }\n')
      const cli = place.start(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      // Each was looked at once after its call.
      await org.waitUntil(() => org.requests.filter(({ method }) => method === 'GET').length >= 11)
      cli.kill(signal)
      const end = await cli.ended
      if (signal === 'SIGTERM') {
        expect(end.code, end.stderr).toBe(143)
        for (const line of await place.results())
          expect(line).toMatchObject({
            result: 'succeeded',
            message: 'Okta accepted deactivate; not verified yet',
          })
      }
      expect((await journalOf(place)).filter(({ event }) => event === 'result')).toEqual([])
      const resumed = await place.run(org, ['resume', runId, '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
      expect(countsOf((await place.results()).map(({ message }) => message))).toEqual({
        'user was ACTIVE, is now DEPROVISIONED (verified)': 5,
      })
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} deactivate`),
      )
    })
  },
)

it('costs one read a user, as the plan says', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 12 })
    const org = await place.org({ users })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    const plan = await place.runHere(org, ['plan', 'in.csv', '--action', 'deactivate', '--json'])
    const before = org.requests.length
    await place.runHere(org, ['run', 'in.csv', '--action', 'deactivate', ...unattended])
    const ofRun = org.requests.slice(before)
    expect(JSON.parse(plan.stdout).requests).toEqual({
      reads: ofRun.filter(({ method }) => method === 'GET').length,
      lifecycle: ofRun.filter(({ method }) => method === 'POST').length,
    })
    // The token's owner and the list of administrators come first.
    expect(ofRun).toHaveLength(2 + 3 * 12)
  })
})
