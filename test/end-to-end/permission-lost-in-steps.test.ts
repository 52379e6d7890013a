import { expect, it } from 'vitest'
import { errorAnswer } from '../support/foreign-org/answer.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const job = (concurrency: number): string =>
  `name: leavers\nsteps: [reset_factors, suspend, unsuspend]\norder: step\npace: { concurrency: ${concurrency} }\nguards: { protect_admins: false }\n`

it.each([
  { rows: 11, concurrency: 1, after: 5, what: 'calls' },
  { rows: 11, concurrency: 1, after: 5, what: 'reads and calls' },
  { rows: 50, concurrency: 10, after: 42, what: 'calls' },
  { rows: 50, concurrency: 10, after: 49, what: 'reads and calls' },
  { rows: 30, concurrency: 3, after: 58, what: 'calls' },
] as const)(
  'the end of a step is not the end of the input: with $rows rows, $concurrency at once, $what refused after $after calls fail nobody',
  async ({ rows, concurrency, after, what }) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: rows, factors: 1 })
      let calls = 0
      let isGivenBack = false
      const org = await place.org({
        users,
        latencyMs: 3,
        fault: ({ action, key }) => {
          if (action !== null) calls++
          if (key === null || key === 'me' || isGivenBack || calls <= after) return null
          return action !== null || what === 'reads and calls' ? { name: 'forbidden' } : null
        },
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      await place.write('job.yaml', job(concurrency))
      const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(first.code, first.stderr).toBe(4)
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      expect(summary.results).toMatchObject({ succeeded: after, failed: 0, skipped: 0 })
      isGivenBack = true
      const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
      expect(Object.values(org.applied)).toEqual(Array(3 * rows).fill(1))
    })
  },
)

it('a run of a few whose last calls are refused or lost, with all reads, ends for nobody before the permission is back', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 5 })
    const ids = users.map(({ id }) => id)
    let calls = 0
    let isGivenBack = false
    const org = await place.org({
      users,
      latencyMs: 5,
      fault: ({ action, key }) => {
        if (isGivenBack || key === null || !ids.includes(key)) return null
        // After the first step of all, three calls are lost and two refused.
        if (action !== null) calls++
        if (action !== null && calls > 5 && calls <= 8) return { name: 'resetAfter' }
        return calls >= 8 ? { name: 'forbidden' } : null
      },
    })
    await place.write('in.csv', usersCsv(ids))
    await place.write(
      'job.yaml',
      'name: leavers\nsteps: [suspend, deactivate]\norder: step\nguards: { protect_admins: false }\n',
    )
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(first.code, first.stderr).toBe(4)
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.results).toMatchObject({ succeeded: 5, failed: 0, in_doubt: 0, unsettled: 3, not_run: 2 })
    isGivenBack = true
    const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(10).fill(1))
  })
})

it('the only one left in a step of a retry does not fail: the others are tried as well, though their calls were lost before', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20, factors: 1 })
    const [{ id: odd } = { id: '' }] = users
    let begun = 0
    let now: 'broken' | 'forbidden' | 'well' = 'broken'
    const org = await place.org({
      users,
      fault: ({ action, key, attempt }) => {
        if (action === null || now === 'well') return null
        if (now === 'forbidden') return { name: 'forbidden' }
        if (action === 'suspend') {
          if (attempt === 1) begun++
          return { name: begun < users.length - 1 || attempt === 1 ? 'serverErrorBefore' : 'invalidToken' }
        }
        const answer = errorAnswer(400, 'E0000003', 'The request body was not well-formed.')
        return key === odd ? { name: 'answer', when: 'before', answer } : null
      },
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write('job.yaml', job(20))
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(first.code, first.stderr).toBe(4)
    now = 'forbidden'
    const retried = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
    expect(retried.code, retried.stderr).toBe(4)
    const retry = (await place.runs()).find((run) => run !== runId) ?? ''
    const summary = JSON.parse(await place.read(`runs/${retry}/summary.json`))
    expect(summary.results).toMatchObject({ failed: 0, skipped: 0 })
    now = 'well'
    const resumed = await place.runHere(org, ['resume', retry, '--yes', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(3 * users.length).fill(1))
  })
})

it('users outside the reach of the token who alone are left in a step do not keep the next step waiting for ever', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 60, factors: 1 })
    const ids = users.map(({ id }) => id)
    const outside = new Set(ids.slice(-25))
    const org = await place.org({
      users,
      fault: ({ action, key }) =>
        action !== null && key !== null && outside.has(key) ? { name: 'forbidden' } : null,
    })
    await place.write('in.csv', usersCsv(ids))
    await place.write('job.yaml', job(10))
    const codes = [(await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])).code]
    while (codes.at(-1) === 4 && codes.length < 6)
      codes.push((await place.runHere(org, ['resume', runId, '--yes', '--quiet'])).code)
    // Each execution tries twice as many of them, until none is left untried and the next step shows what is the cause.
    expect(codes).toEqual([4, 4, 1])
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.results).toMatchObject({ succeeded: 3 * 35, failed: 25, skipped: 50 })
    expect(Object.values(org.applied)).toEqual(Array(3 * 35).fill(1))
  })
})
