import { describe, expect, it } from 'vitest'
import { foreignStatuses, loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const offboarding = 'steps: [{ action: suspend, if_failed: go_on }, deactivate]'

async function job(place: Workplace, text: string): Promise<void> {
  await place.write('job.yaml', `name: leavers\ninput: { file: in.csv }\n${text}\n`)
}

it('by order: step does every step of a user who is named twice, however many rows wait', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 70 })
    const org = await place.org({ users })
    await place.write('in.csv', usersCsv(users.flatMap(({ login }) => [login, login])))
    await job(place, `${offboarding}\norder: step`)
    const plan = await place.runHere(org, ['plan', '--job', 'job.yaml', '--json'])
    const { rows } = JSON.parse(plan.stdout)
    const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect(countsOf([...org.org.users.values()].map(({ status }) => status))).toEqual({ DEPROVISIONED: 70 })
    const lines = await place.results()
    expect(lines.map(({ result }) => result)).toEqual(rows.map((row: { expected: string }) => row.expected))
    expect(
      countsOf(lines.map(({ row, result }) => `${Number(row) % 2 === 1 ? 'first' : 'second'} ${result}`)),
    ).toEqual({ 'first succeeded': 140, 'second skipped': 140 })
  })
})

describe('a step whose failure the job allows for', () => {
  it('leaves everyone deactivated, whatever the status was, and nobody has to look', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: foreignStatuses.length, status: foreignStatuses })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await job(place, offboarding)
      const plan = await place.runHere(org, ['plan', '--job', 'job.yaml', '--json'])
      const { rows } = JSON.parse(plan.stdout)
      expect(org.applied).toEqual({})
      const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      const lines = await place.results()
      expect(rows.map((row: { expected: string }) => row.expected)).toEqual(lines.map(({ result }) => result))
      expect([...org.org.users.values()].map(({ status }) => status)).toEqual(
        foreignStatuses.map(() => 'DEPROVISIONED'),
      )
      const suspended = lines
        .filter(({ step }) => step === '1')
        .map(({ status_before: from, result }) => [from, result])
      expect(Object.fromEntries(suspended)).toEqual({
        STAGED: 'failed',
        PROVISIONED: 'succeeded',
        ACTIVE: 'succeeded',
        RECOVERY: 'failed',
        PASSWORD_EXPIRED: 'succeeded',
        LOCKED_OUT: 'failed',
        SUSPENDED: 'unchanged',
        DEPROVISIONED: 'failed',
      })
      expect(end.stdout).toContain('Nothing needs a look')
      expect(await place.read(`runs/${runId}/failed.csv`)).toBe('user,why\n')
      const retried = await place.runHere(org, ['retry', runId, '--yes'])
      expect(retried.stderr + retried.stdout).toMatch(/nothing/i)
      expect(Object.keys(org.applied)).toHaveLength(3 + 7)
    })
  })

  it.each([4, 12])('does so over a kill after %d calls, and resume', async (count) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 * foreignStatuses.length, status: foreignStatuses })
      const org = await place.org({ users, latencyMs: 40 })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await job(place, `${offboarding}\norder: step`)
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(
        org,
        ['run', 'in.csv', '--job', 'job.yaml', '--concurrency', '2', ...unattended],
        impatient,
      )
      await org.waitUntil(() => Object.keys(org.applied).length >= count)
      cli.kill('SIGKILL')
      await cli.ended
      const end = await place.run(org, ['resume', runId, '--quiet'], impatient)
      const lines = (await place.results()).filter(({ step }) => step === '2')
      // A call in the second of the step before it can't always be told from it. Nobody is left out for anything else.
      const doubtful = lines.filter(({ result }) => result === 'in_doubt' || result === 'skipped')
      expect(
        doubtful.every(({ message }) => message?.includes('doubt') || message?.includes('may not')),
      ).toBe(true)
      expect(doubtful.length, end.stderr).toBeLessThanOrEqual(2)
      const left = [...org.org.users.values()].filter(({ status }) => status !== 'DEPROVISIONED')
      expect(left.length).toBeLessThanOrEqual(doubtful.length)
      expect(end.code).toBe(doubtful.length === 0 ? 0 : 1)
      expect(Math.max(...Object.values(org.applied))).toBe(1)
    })
  })

  it('counts as failed where the last step did not end well', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2, status: ['STAGED', 'ACTIVE'] })
      const org = await place.org({
        users,
        fault: ({ action }) => (action === 'deactivate' ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await job(place, offboarding)
      const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expect((await place.results()).map(({ result }) => result)).toEqual([
        'failed',
        'failed',
        'succeeded',
        'failed',
      ])
      expect((await place.read(`runs/${runId}/failed.csv`)).split('\n')).toHaveLength(4)
    })
  })

  it('without go_on stops the later steps', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1, status: 'LOCKED_OUT' }) })
      await place.write('in.csv', usersCsv([loginOf(1)]))
      await job(place, 'steps: [{ action: suspend }, deactivate]')
      const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
      expect(end.code).toBe(1)
      expect((await place.results()).map(({ result }) => result)).toEqual(['failed', 'skipped'])
      expect(org.applied).toEqual({})
    })
  })
})

it('only_status allows what the row’s own steps have led to, and no more', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2, status: ['ACTIVE', 'SUSPENDED'] }) })
    await place.write('in.csv', usersCsv([loginOf(1), loginOf(2)]))
    await job(place, 'steps: [suspend, deactivate]\nguards: { only_status: [ACTIVE] }')
    const plan = await place.runHere(org, ['plan', '--job', 'job.yaml', '--json'])
    const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    const results = (await place.results()).map(({ result }) => result)
    expect(results).toEqual(['succeeded', 'succeeded', 'skipped', 'skipped'])
    expect(JSON.parse(plan.stdout).rows.map((row: { expected: string }) => row.expected)).toEqual(results)
  })
})

describe('the order step', () => {
  it('begins no second step before the last first step has ended', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 60 })
      const org = await place.org({
        users,
        latencyMs: 10,
        // One first step takes long: its doubt is waited for.
        fault: ({ action, key, attempt }) =>
          action === 'suspend' && key === users[7]?.id && attempt === 1 ? { name: 'dropAfter' } : null,
      })
      await place.write('in.csv', usersCsv([...users.map(({ login }) => login), loginOf(1)]))
      await job(place, 'order: step\nsteps: [suspend, deactivate]')
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const end = await place.run(org, ['run', '--job', 'job.yaml', ...unattended], impatient)
      expect(end.code, end.stderr).toBe(0)
      const calls = org.requests.filter(({ action }) => action !== null).map(({ action }) => action)
      expect(calls).toEqual([...Array(60).fill('suspend'), ...Array(60).fill('deactivate')])
      const lines = await place.results()
      expect(lines.map(({ row, step }) => `${row} ${step}`)).toEqual(
        Array.from({ length: 61 }, (_, row) => [`${row + 1} 1`, `${row + 1} 2`]).flat(),
      )
      expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 120, skipped: 2 })
    })
  })

  it.each([20, 75])('holds over a kill after %d calls, and resume', async (count) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 50 })
      const org = await place.org({ users, latencyMs: 10 })
      const calls = () => org.requests.filter(({ action }) => action !== null)
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await job(place, 'order: step\nsteps: [suspend, deactivate]')
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['run', '--job', 'job.yaml', ...unattended], impatient)
      await org.waitUntil(() => calls().length >= count)
      cli.kill('SIGKILL')
      await cli.ended
      const end = await place.run(org, ['resume', runId, '--quiet'], impatient)
      // A second step in the same second as its first one can't always be told from it.
      const results = countsOf((await place.results()).map(({ result }) => result))
      expect(results, end.stderr).toEqual({
        succeeded: 100 - (results.in_doubt ?? 0),
        ...(results.in_doubt ? { in_doubt: results.in_doubt } : {}),
      })
      expect(results.in_doubt ?? 0).toBeLessThanOrEqual(10)
      const actions = calls().map(({ action }) => action)
      const firstOfSecond = actions.indexOf('deactivate')
      expect(actions.lastIndexOf('suspend')).toBeLessThan(firstOfSecond)
      expect(Math.max(...Object.values(org.applied))).toBe(1)
      expect(Object.values(org.applied).length).toBeGreaterThanOrEqual(results.succeeded ?? 0)
      expect(
        new Set(
          calls()
            .slice(0, firstOfSecond)
            .map(({ key }) => key),
        ).size,
      ).toBe(50)
    })
  })

  it('skips the second step at once where the first one failed, and says so after a stop', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3, status: ['ACTIVE', 'LOCKED_OUT', 'ACTIVE'] })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await job(place, 'order: step\nsteps: [suspend, deactivate]')
      const end = await place.run(org, ['run', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expect((await place.results()).map(({ result }) => result)).toEqual([
        'succeeded',
        'succeeded',
        'failed',
        'skipped',
        'succeeded',
        'succeeded',
      ])
    })
  })
})
