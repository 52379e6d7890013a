import { describe, expect, it } from 'vitest'
import { errorAnswer } from '../support/foreign-org/answer.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

/** A refusal of this one user, which says nothing about the token. */
const mastered = errorAnswer(
  403,
  'E0000023',
  'Operation failed because user profile is mastered under another system',
)

describe('max_failures', () => {
  it('stops the run at the next failure; no call leaves after it, and resume goes on', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 60 })
      let refuse = true
      const org = await place.org({
        users,
        latencyMs: 20,
        // Every third user is refused, so that successes lie between.
        fault: ({ action, key }) =>
          refuse && action !== null && users.findIndex(({ id }) => id === key) % 3 === 0
            ? { name: 'answer', when: 'before', answer: mastered }
            : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      const args = ['run', 'in.csv', '--action', 'suspend', '--max-failures', '4', '--concurrency', '1']
      const end = await place.run(org, [...args, ...unattended])
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout).toContain('Too many failures: 5 tasks failed, and max_failures tolerates 4.')
      const counts = countsOf((await place.results()).map(({ result }) => result))
      expect(counts.failed).toBe(5)
      const calls = org.requests.filter(({ action }) => action !== null)
      // One at a time, so that nothing else was under way.
      expect(calls.at(-1)?.fault).toBe('answer')
      expect(calls.filter(({ fault }) => fault === 'answer')).toHaveLength(5)
      refuse = false
      const resumed = await place.run(org, ['resume', runId, '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(1)
      const all = countsOf((await place.results()).map(({ result }) => result))
      expect(all).toEqual({ succeeded: 60 - (counts.failed ?? 0), failed: counts.failed })
    })
  })

  it('lets no call leave while a refusal by status is looked at that may be one too many', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 100 })
      const refused = users[5]?.id ?? ''
      const isActive = errorAnswer(400, 'E0000001', 'Cannot suspend a user that is not active')
      let looks = 0
      const org = await place.org({
        users,
        latencyMs: 20,
        fault: ({ action, key }) => {
          if (key !== refused) return null
          if (action !== null) return { name: 'answer', when: 'before', answer: isActive }
          // The look after the refusal takes long.
          return ++looks === 1 ? null : { name: 'slow', afterMilliseconds: 800 }
        },
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const args = ['run', 'in.csv', '--action', 'suspend', '--max-failures', '0', '--concurrency', '10']
      const end = await place.run(org, [...args, ...unattended])
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout).toContain('Too many failures: 1 task failed')
      const calls = org.requests.filter(({ action }) => action !== null)
      const at = calls.findIndex(({ fault }) => fault === 'answer')
      // At most those that were under way when it was refused.
      expect(calls.slice(at + 1).length).toBeLessThan(20)
      expect(countsOf((await place.results()).map(({ result }) => result)).failed).toBe(1)
    })
  })

  it('is given anew to resume, and refused out of its range', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 12, status: 'SUSPENDED' })
      const org = await place.org({
        users: users.map((user, at) => ({ ...user, status: at % 2 ? 'SUSPENDED' : 'LOCKED_OUT' })),
      })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      const first = await place.run(org, [
        'run',
        'in.csv',
        '--action',
        'unsuspend',
        '--max-failures',
        '0',
        ...unattended,
      ])
      expect(first.code).toBe(3)
      const wrong = await place.runHere(org, ['resume', runId, '--max-failures', '-1'])
      expect(wrong.code).toBe(2)
      expect(wrong.stderr).toContain('--max-failures')
      const last = await place.run(org, ['resume', runId, '--max-failures', '6', '--quiet'])
      expect(last.code, last.stderr).toBe(1)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({
        succeeded: 6,
        failed: 6,
      })
    })
  })
})

it('max_duration stops an execution in good order, and each one begins anew', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 400 })
    const org = await place.org({ users, latencyMs: 100 })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    await place.write(
      'job.yaml',
      'name: j\naction: suspend\ninput: { file: in.csv }\nguards: { max_duration: 2s }\n',
    )
    const end = await place.run(org, ['run', '--job', 'job.yaml', '--concurrency', '4', ...unattended])
    expect(end.code, end.stderr).toBe(3)
    expect(end.stdout).toContain('as long as max_duration allows')
    const done = countsOf((await place.results()).map(({ result }) => result)).succeeded ?? 0
    expect(done).toBeGreaterThan(0)
    const resumed = await place.run(org, ['resume', runId, '--max-duration', '10m', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(users.map(() => 1))
  })
})
