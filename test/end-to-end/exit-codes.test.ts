import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

function ids(count: number): readonly string[] {
  return makeUsers({ count }).map(({ id }) => id)
}

function calls(org: ForeignOrg): number {
  return org.requests.filter(({ action }) => action !== null).length
}

describe('0 and 1: the run has finished', () => {
  it('is 0 where all succeeded, were unchanged, or were skipped as asked', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3, status: ['ACTIVE', 'SUSPENDED', 'LOCKED_OUT'] })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv([...ids(3), userIdOf(1)]))
      await place.write(
        'job.yaml',
        'name: j\naction: suspend\nguards: { only_status: [ACTIVE, SUSPENDED] }\n',
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      const results = (await place.results()).map(({ result }) => result)
      expect(results).toEqual(['succeeded', 'unchanged', 'skipped', 'skipped'])
    })
  })

  it.each([
    ['something failed', userIdOf(2), []],
    ['a row was skipped because it could not be acted on', 'a/b', ['--skip-invalid']],
  ])('is 1 where %s', async (_, user, flags) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1), user]))
      const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended, ...flags])
      expect(end.code, end.stderr).toBe(1)
      expectAppliedOnce(org.applied, [`${userIdOf(1)} suspend`])
    })
  })
})

describe('2: nothing was sent', () => {
  it('lists bad rows by number and counts them', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      const bad = ['', '.', '..', 'me', 'ME', 'a/b', 'a?b', 'a#b', String.raw`a\b`, 'a\u0000b', 'two words']
      const rows = [userIdOf(1), ...bad, ...Array.from({ length: 30 }, (_, at) => `x/${at}`), userIdOf(1)]
      await place.write('in.json', JSON.stringify(rows.map((user) => ({ user, action: 'suspend' }))))
      const end = await place.runHere(org, ['run', 'in.json', ...unattended])
      expect(end.code).toBe(2)
      expect(end.stderr).toContain(`41 of ${rows.length} rows`)
      for (const [index] of bad.entries()) expect(end.stderr).toMatch(new RegExp(`row ${index + 2}: `))
      expect(end.stderr).not.toMatch(/row 1: /)
      expect(end.stderr).toMatch(/and 21 more/)
      expect(org.requests).toEqual([])
      expect(await place.runs()).toEqual([])
    })
  })

  it('is told as JSON where JSON was asked for', async () => {
    await withWorkplace(async (place) => {
      const end = await place.runHere(null, ['run', 'in.csv', '--yes', '--json'])
      expect(end.code).toBe(2)
      expect(JSON.parse(end.stdout)).toMatchObject({
        error: { exit_code: 2, next: expect.stringMatching(/\S/) },
      })
    })
  })
})

describe('2 and 3: a disk that stands in the way', () => {
  const jobs = 'name: nightly\naction: suspend\ninput: { file: in.csv }\n'
  const nightly = ['--job', 'nightly.yaml', '--yes', '--quiet', '--run-id', runId]

  it.each([
    ['the runs directory', 'runs', ['run', 'in.csv', '--action', 'suspend', ...unattended]],
    ['the place for the holds of jobs', 'runs/.jobs', ['run', ...nightly]],
  ])('is 2 for a run that cannot begin: %s is a file', async (_what, file, args) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      await place.write('nightly.yaml', jobs)
      if (file !== 'runs') await mkdir(join(place.directory, 'runs'), { mode: 0o700 })
      await writeFile(join(place.directory, file), '', { mode: 0o600 })
      const end = await place.runHere(org, args)
      expect(end.code, end.stderr).toBe(2)
      expect(end.stderr).toMatch(/\n→ Check the path, or choose another --runs-dir, then start again\.\n$/)
      expect(org.requests).toEqual([])
    })
  })

  it('is 3 for a run that cannot go on, and its command comes next', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }) })
      await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2)]))
      await place.write('nightly.yaml', jobs)
      const stopped = await place.runHere(org, ['run', ...nightly, '--max-users', '1'])
      expect(stopped.code, stopped.stderr).toBe(3)
      // A file in place of the directory: nobody can hold the job.
      const holds = join(place.directory, 'runs', '.jobs')
      await rm(holds, { recursive: true })
      await writeFile(holds, '', { mode: 0o600 })
      for (const command of ['resume', 'retry']) {
        const end = await place.runHere(org, [command, runId, '--max-users', '2', '--yes', '--quiet'])
        expect(end.code, end.stderr).toBe(3)
        expect(end.stderr).toMatch(
          new RegExp(`\n→ Check the path, then: okta-lifecycle ${command} ${runId}\n$`),
        )
      }
      await rm(holds)
      const end = await place.runHere(org, ['resume', runId, '--max-users', '2', '--quiet'])
      expect(end.code, end.stderr).toBe(0)
    })
  })
})

describe('3: stopped by a guard', () => {
  it('stops before the first call at too many users, and goes on once they are allowed', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 5 }) })
      await place.write('in.csv', usersCsv([...ids(5), userIdOf(1)]))
      const args = ['run', 'in.csv', '--action', 'suspend', '--max-users', '4', ...unattended]
      const first = await place.runHere(org, args)
      expect(first.code, first.stderr).toBe(3)
      expect(first.stdout + first.stderr).toMatch(/5 users.*\b4\b/)
      expect(calls(org)).toBe(0)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ not_run: 6 })

      const still = await place.runHere(org, ['resume', runId, '--quiet'])
      expect(still.code, still.stderr).toBe(3)
      expect(calls(org)).toBe(0)

      const second = await place.runHere(org, ['resume', '--latest', '--max-users', '5', '--quiet'])
      expect(second.code, second.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids(5).map((id) => `${id} suspend`),
      )
    })
  })
})

describe('4: Okta refuses the credentials or the permission', () => {
  it('stops at a wrong token before the first call, and goes on with a good one', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }) })
      await place.write('in.csv', usersCsv(ids(2)))
      const wrong = { url: org.url, token: '00TokenThatWasRevoked' }
      const first = await place.runHere(wrong, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(first.code, first.stderr).toBe(4)
      expect(first.stdout + first.stderr).toMatch(/E0000011/)
      expect(first.stdout + first.stderr).not.toContain(wrong.token)
      expect(calls(org)).toBe(0)
      const second = await place.runHere(org, ['resume', '--latest', '--quiet'])
      expect(second.code, second.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids(2).map((id) => `${id} suspend`),
      )
    })
  })

  it.each(['all', 'lifecycle'])('stops at a token that dies in the middle (401 to %s)', async (what) => {
    await withWorkplace(async (place) => {
      let dead = false
      let answered = 0
      const fault = ({ action }: { action: string | null }): Fault | null => {
        if (action !== null) answered += 1
        if (answered > 20 && answered <= 40) dead = true
        return dead && (what === 'all' || action !== null) ? { name: 'invalidToken' } : null
      }
      const org = await place.org({ users: makeUsers({ count: 60 }), fault })
      await place.write('in.csv', usersCsv(ids(60)))
      const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(first.code, first.stderr).toBe(4)
      // What was under way may still be answered by 401, but nothing is begun after it: 20 passed, 10 at once.
      expect(calls(org)).toBeLessThanOrEqual(30)
      const lines = await place.results()
      expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 20, not_run: 40 })
      dead = false
      answered = 1000
      const second = await place.runHere(org, ['resume', '--latest', '--quiet'])
      expect(second.code, second.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids(60).map((id) => `${id} suspend`),
      )
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ succeeded: 60 })
    })
  })

  it.each([1, 2, 20])(
    'stops after ten refusals in a row, and does those ten later (answers after %i ms)',
    async (latencyMs) => {
      await withWorkplace(async (place) => {
        let granted = false
        // Reads alone come first, so that many calls are then under way together: no success stands between their refusals.
        const read = makeUsers({ count: 60, status: 'SUSPENDED' })
        const refused = makeUsers({ count: 60, first: 61 })
        const org = await place.org({
          users: [...read, ...refused],
          latencyMs,
          fault: ({ action }) => (action === null || granted ? null : { name: 'forbidden' }),
        })
        await place.write('in.csv', usersCsv(ids(120)))
        const args = ['run', 'in.csv', '--action', 'suspend', ...unattended]
        const first = await place.runHere(org, args)
        expect(first.code, first.stderr).toBe(4)
        expect(first.stdout + first.stderr).toMatch(/E0000006/)
        // Ten, and no more than can be under way at once beside and after them.
        expect(calls(org)).toBeGreaterThanOrEqual(10)
        expect(calls(org)).toBeLessThanOrEqual(20)
        const then = (await place.results()).map(({ result }) => result)
        expect(countsOf(then.slice(60))).toEqual({ not_run: 60 })
        granted = true
        const second = await place.runHere(org, ['resume', '--latest', '--quiet'])
        expect(second.code, second.stderr).toBe(0)
        expectAppliedOnce(
          org.applied,
          refused.map(({ id }) => `${id} suspend`),
        )
        const results = (await place.results()).map(({ result }) => result)
        expect(countsOf(results)).toEqual({ unchanged: 60, succeeded: 60 })
      })
    },
  )

  it('takes a refusal of some users for a matter of those users', async () => {
    await withWorkplace(async (place) => {
      const admins = new Set(ids(36).filter((_, at) => at % 2 === 1))
      const org = await place.org({
        users: makeUsers({ count: 36 }),
        fault: ({ action, key }) => (action !== null && admins.has(key ?? '') ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv(ids(36)))
      const args = ['run', 'in.csv', '--action', 'suspend', '--concurrency', '1', ...unattended]
      const end = await place.runHere(org, args)
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      for (const line of lines) {
        const expected = admins.has(line.user ?? '')
          ? { result: 'failed', http_status: '403', error_code: 'E0000006', status_after: 'ACTIVE' }
          : { result: 'succeeded' }
        expect(line).toMatchObject(expected)
      }
    })
  })
})

describe('5: another process holds the run', () => {
  it('refuses a second resume while a run is at work, and leaves the first alone', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 60 }), latencyMs: 100 })
      await place.write('in.csv', usersCsv(ids(60)))
      const first = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      await org.waitUntil(() => calls(org) >= 5)
      const second = await place.runHere(org, ['resume', '--latest'])
      expect(second.code, second.stderr).toBe(5)
      expect(second.stderr).toContain(String(first.pid))
      const end = await first.ended
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids(60).map((id) => `${id} suspend`),
      )
    })
  })
})
