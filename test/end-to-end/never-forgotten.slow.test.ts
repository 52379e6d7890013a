import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, parseCsv, unattended, usersCsv, withWorkplace } from './workplace.ts'

const resume = ['resume', 'run', '--quiet']

describe('an accepted call', () => {
  it('is never in doubt after Ctrl-C in a healthy run, and never sent again', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 200, status: 'PROVISIONED' })
      const org = await place.org({ users, latencyMs: 30 })
      const ids = users.map(({ id }) => id)
      await place.write('job.yaml', 'name: again\naction: reactivate\noptions: { in_doubt: retry }\n')
      await place.write('in.csv', usersCsv(ids))
      for (let stop = 1; stop <= 3; stop++) {
        const args = stop === 1 ? ['run', 'in.csv', '--job', 'job.yaml', ...unattended] : resume
        const cli = place.start(org, args)
        await org.waitUntil(() => Object.keys(org.applied).length >= stop * 40)
        cli.kill('SIGINT')
        expect((await cli.ended).code).toBe(130)
        const lines = await place.results()
        expect(lines.filter(({ result }) => result === 'in_doubt')).toEqual([])
        expect(lines.filter(({ result }) => result === 'unsettled')).toEqual([])
      }
      expect((await place.run(org, resume)).code).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids.map((id) => `${id} reactivate`),
      )
    })
  })
})

describe('a call whose outcome is open', () => {
  it('is reported as unsettled, and not offered for feeding again', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 12, factors: 1 })
      const ids = users.map(({ id }) => id)
      const org = await place.org({
        users,
        fault: ({ action }) => (action === null ? null : { name: 'hangAfter' }),
      })
      await place.write('in.csv', usersCsv(ids))
      const cli = place.start(org, [
        'run',
        'in.csv',
        '--action',
        'reset_factors',
        '--drain',
        '1',
        ...unattended,
      ])
      await org.waitUntil(() => Object.keys(org.applied).length >= 4)
      cli.kill('SIGTERM')
      expect((await cli.ended).code).toBe(143)
      const lines = await place.results()
      const unsettled = lines.filter(({ result }) => result === 'unsettled')
      expect(unsettled.length).toBe(Object.keys(org.applied).length)
      for (const line of unsettled) {
        expect(line.attempts).toBe('1')
        expect(line.message).toMatch(/^sent at .*resume settles it$/)
      }
      const offered = parseCsv(await place.read('runs/run/failed.csv')).map(({ user }) => user)
      expect(offered.filter((user) => unsettled.some((line) => line.user === user))).toEqual([])
      const status = JSON.parse((await place.run(null, ['status', 'run', '--json'])).stdout)
      expect(status.results.unsettled).toBe(unsettled.length)
      expect(status.results.not_run).toBe(users.length - unsettled.length)
    })
  })
})

describe('a file that begins with users whom the token may not touch', () => {
  it('is done all the same: those are failed, and all others done', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 90 })
      const admins = new Set(users.slice(0, 40).map(({ id }) => id))
      const org = await place.org({
        users,
        fault: ({ action, key }) => (action !== null && admins.has(key ?? '') ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({
        failed: 40,
        succeeded: 50,
      })
      expectAppliedOnce(
        org.applied,
        users.filter(({ id }) => !admins.has(id)).map(({ id }) => `${id} suspend`),
      )
    })
  })

  it('stops when the rest is refused too, names both causes, and goes on once the role is there', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 60 })
      let allowed = false
      const org = await place.org({
        users,
        fault: ({ action }) => (action !== null && !allowed ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(end.code, end.stderr).toBe(4)
      expect(end.stdout).toMatch(/role/)
      expect(end.stdout).toMatch(/--accept-refusals/)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ not_run: 60 })
      const calls = org.requests.filter(({ action }) => action !== null).length
      expect(calls).toBeLessThanOrEqual(30)
      allowed = true
      expect((await place.run(org, resume)).code).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
    })
  })

  it('takes back nothing when reads are refused in mid-run', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 80, status: 'PROVISIONED' })
      let refusing = false
      const org = await place.org({
        users,
        latencyMs: 20,
        fault: ({ action, path }) =>
          refusing && action === null && !path.endsWith('/me') ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const started = place.start(org, ['run', 'in.csv', '--action', 'reactivate', ...unattended])
      await org.waitUntil(() => Object.keys(org.applied).length >= 20)
      refusing = true
      expect((await started.ended).code).toBe(4)
      const before = (await place.results()).filter(({ result }) => result === 'succeeded')
      expect(before.length).toBe(Object.keys(org.applied).length)
      refusing = false
      expect((await place.run(org, resume)).code).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} reactivate`),
      )
    })
  })
})

describe('what is not ours', () => {
  it('is never touched by --run-id', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      const theirs = join(place.directory, 'runs', 'payroll')
      await mkdir(theirs, { recursive: true, mode: 0o700 })
      await writeFile(join(theirs, 'salaries.csv'), 'a,b\n', { mode: 0o600 })
      await place.write('in.csv', usersCsv(makeUsers({ count: 1 }).map(({ id }) => id)))
      const end = await place.run(org, [
        'run',
        'in.csv',
        '--action',
        'suspend',
        '--yes',
        '--run-id',
        'payroll',
      ])
      expect(end.code).toBe(2)
      expect(end.stderr).toContain('Nothing in it was changed')
      expect(await readFile(join(theirs, 'salaries.csv'), 'utf8')).toBe('a,b\n')
      expect(org.requests).toEqual([])
    })
  })
})

describe('a guard that can’t be checked', () => {
  it.each([
    ['an entry with a character that cannot be seen', 'boss\u200b@example.com', /cannot be seen|U\+200B/],
    ['an entry that the org does not know', 'nobody.at.all@example.com', /there is no such user in the org/],
  ])('%s stops the run before the first call', async (_, entry, why) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await place.write('job.yaml', `name: guarded\naction: suspend\nguards: { protect: ["${entry}"] }\n`)
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const end = await place.run(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout).toMatch(why)
      expect(org.applied).toEqual({})
    })
  })

  it('sends nothing for a token whose owner Okta does not show', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users, ownerId: null })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(end.code).toBe(4)
      expect(end.stdout).toContain('does not show who owns the token')
      expect(org.applied).toEqual({})
    })
  }, 60_000)
})
