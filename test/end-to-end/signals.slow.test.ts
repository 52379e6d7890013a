import { describe, expect, it } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  journalOf,
  runId,
  unattended,
  usersCsv,
  withWorkplace,
} from './workplace.ts'

// A second SIGHUP is what comes when a terminal is closed; who is impatient sends another signal.
const signals = [
  ['SIGINT', 130, 'SIGINT', 130],
  ['SIGTERM', 143, 'SIGTERM', 143],
  ['SIGHUP', 129, 'SIGTERM', 143],
] as const

describe.each(signals)('%s', (signal, exitCode, second, secondExitCode) => {
  it.concurrent('in the middle of a run leaves it in good order, and resume does the rest', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 300 })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      await org.waitUntil(() => Object.keys(org.applied).length >= 100)
      cli.kill(signal)
      const end = await cli.ended
      expect(end.code, end.stderr).toBe(exitCode)
      expect(end.stderr).toContain(signal)
      const appliedThen = Object.keys(org.applied).length
      expect(appliedThen).toBeLessThan(300)

      // The checkpoint is clean: what was applied has its result, and the rest is known to be not run.
      const lines = await place.results()
      expect(countsOf(lines.map(({ result }) => result))).toEqual({
        succeeded: appliedThen,
        not_run: 300 - appliedThen,
      })
      expect(JSON.parse(await place.read(`runs/${runId}/run.json`))).toMatchObject({ state: 'interrupted' })
      expect(JSON.parse(await place.read(`runs/${runId}/summary.json`))).toMatchObject({
        state: 'interrupted',
        exit_code: exitCode,
        reason: expect.stringContaining(signal),
      })
      expect(end.stdout).toContain(`okta-lifecycle resume ${runId}`)

      const resumed = await place.run(org, ['resume', '--latest', '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
      const after = await place.results()
      expect(after.map(({ row, result }) => `${row} ${result}`)).toEqual(
        users.map((_, index) => `${index + 1} succeeded`),
      )
      const recorded = (await journalOf(place)).filter(({ event }) => event === 'result')
      expect(recorded).toHaveLength(300)
      // What had its result keeps it, to the millisecond.
      for (const [index, line] of lines.entries()) {
        if (line.result === 'succeeded') expect(after[index]).toEqual(line)
      }
    })
  })

  it.concurrent('followed by a second one ends the run at once, and resume still holds', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 40, factors: 1 })
      let hanging = false
      const org = await place.org({
        users,
        fault: ({ action, number }) =>
          action !== null && number > 40 && !hanging ? { name: 'hangAfter' } : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '4' } }
      const cli = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended], more)
      // Calls are under way that are not answered: the first signal waits for them.
      await org.waitUntil(() => org.requests.some(({ fault }) => fault === 'hangAfter'))
      cli.kill(signal)
      await cli.says(new RegExp(signal))
      const before = performance.now()
      cli.kill(second)
      const end = await cli.ended
      expect(performance.now() - before).toBeLessThan(3_500)
      expect(end.code, end.stderr).toBe(secondExitCode)
      hanging = true

      const resumed = await place.run(org, ['resume', '--latest', '--quiet'], {
        env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' },
      })
      expect(resumed.code, resumed.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} reset_factors`),
      )
      const lines = await place.results()
      expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 40 })
    })
  })
})

it.concurrent('is obeyed while the rate limit is waited for', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20 })
    const org = await place.org({ users, rateLimit: { lifecycle: 10, read: 100, windowSeconds: 60 } })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    await org.waitUntil(() => Object.keys(org.applied).length >= 1)
    const before = performance.now()
    cli.kill('SIGTERM')
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(143)
    // Far sooner than the next window opens.
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({
      succeeded: Object.keys(org.applied).length,
      not_run: 20 - Object.keys(org.applied).length,
    })
    expect(Object.keys(org.applied).length).toBeLessThanOrEqual(5)
  })
})

it.concurrent('is obeyed while a doubt waits to be settled, and the doubt is settled on resume', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 1 }),
      fault: ({ action, attempt }) => (action !== null && attempt === 1 ? { name: 'dropAfter' } : null),
    })
    await place.write('in.csv', usersCsv([loginOf(1)]))
    const patient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '5' } }
    const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], patient)
    await org.waitUntil(() => Object.keys(org.applied).length === 1)
    cli.kill('SIGINT')
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(130)
    expect(await place.results()).toMatchObject([{ result: 'unsettled', attempts: '1' }])
    const resumed = await place.run(org, ['resume', '--latest'], patient)
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(await place.results()).toMatchObject([
      { result: 'succeeded', attempts: '1', status_before: 'ACTIVE' },
    ])
    expectAppliedOnce(org.applied, [`${org.requests.find(({ action }) => action !== null)?.key} suspend`])
  })
})
