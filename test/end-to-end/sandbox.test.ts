import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { loginOf } from '../support/foreign-org/user.ts'
import {
  countsOf,
  journalOf,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it.concurrent('serves an org whose URL is the first line, and the command works against it', async () => {
  await withWorkplace(async (place) => {
    const token = 'fictional-sandbox-token'
    const logins = Array.from({ length: 10 }, (_, index) => loginOf(index + 1))
    await place.write('in.csv', usersCsv(logins))
    // An org that holds known users: the one of a run that is over.
    const before = ['run', 'in.csv', '--action', 'suspend', '--sandbox', '--yes', '--run-id', 'before']
    expect((await place.run(null, before)).code).toBe(0)
    const seed = ['--seed', 'runs/before/sandbox.json']
    const sandbox = place.start(null, ['sandbox', '--port', '0', ...seed, '--token', token])
    await sandbox.says(/\n/)
    const [url = ''] = sandbox.printed.stdout.split('\n')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)

    const end = await place.run({ url, token }, ['run', 'in.csv', '--action', 'unsuspend', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ succeeded: 10 })
    const headers = { authorization: `SSWS ${token}` }
    for (const login of logins) {
      const response = await fetch(`${url}/api/v1/users/${encodeURIComponent(login)}`, { headers })
      expect(await response.json()).toMatchObject({ status: 'ACTIVE', profile: { login } })
    }
    const wrong = await place.run({ url, token: 'another' }, ['run', 'in.csv', '--action', 'unlock', '--yes'])
    expect(wrong.code, wrong.stderr).toBe(4)

    sandbox.kill('SIGTERM')
    const stopped = await sandbox.ended
    expect(stopped.code, stopped.stderr).toBe(0)
    expect(stopped.stdout).toBe(`${url}\n`)
  })
})

it.each([
  ['--fault', 'lightning=0.5'],
  ['--fault', 'drop_after=2'],
  ['--users', '-1'],
  ['--seed', 'not-there.json'],
])('refuses to serve with %s %s', async (flag, value) => {
  await withWorkplace(async (place) => {
    const end = await place.runHere(null, ['sandbox', '--port', '0', `${flag}=${value}`])
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/\n→ \S/)
    expect(end.stdout).toBe('')
  })
})

it.concurrent('is kept at a clean stop of a run, so that the run can go on', async () => {
  await withWorkplace(async (place) => {
    const cli = await sandboxRunInTheMiddle(place)
    cli.kill('SIGINT')
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(130)
    const before = (await place.results()).filter(({ result }) => result !== 'not_run')
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(120)

    const resumed = await place.run(null, ['resume', '--latest', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    const lines = await place.results()
    expect(lines.map(({ row }) => row)).toEqual(Array.from({ length: 120 }, (_, index) => String(index + 1)))
    // Had the org been made anew, what was suspended before would be suspended twice or be reported as unchanged.
    for (const line of before) expect(lines).toContainEqual(line)
    const recorded = (await journalOf(place)).filter(({ event }) => event === 'result')
    expect(new Set(recorded.map(({ row }) => row)).size).toBe(120)
    expect(recorded).toHaveLength(120)
  })
})

it.concurrent('is lost where a run is killed, and resume says so', async () => {
  await withWorkplace(async (place) => {
    const cli = await sandboxRunInTheMiddle(place)
    cli.kill('SIGKILL')
    await cli.ended
    const end = await place.run(null, ['resume', '--latest', '--quiet'])
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/sandbox .*lost/)
    expect(end.stderr).toMatch(/run --sandbox/)
  })
})

it.concurrent('is lost too where the run is killed after a resume: an older state is not taken up again', async () => {
  await withWorkplace(async (place) => {
    const cli = await sandboxRunInTheMiddle(place)
    cli.kill('SIGINT')
    await cli.ended
    const before = await resultsRecorded(place)
    const resumed = place.start(null, ['resume', '--latest', '--quiet'])
    await vi.waitFor(async () => expect(await resultsRecorded(place)).toBeGreaterThan(before), 25_000)
    resumed.kill('SIGKILL')
    await resumed.ended
    const end = await place.run(null, ['resume', '--latest', '--quiet'])
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/lost/)
  })
})

it.each(['offboarding', 'nightly', 'migration-cleanup'])(
  'runs the shipped job %s on a sandbox of its own',
  async (name) => {
    await withWorkplace(async (place) => {
      const job = join(root, 'jobs', `${name}.yaml`)
      await stat(job)
      const end = await place.runHere(null, ['run', '--job', job, '--sandbox', ...unattended])
      expect(end.code, end.stdout + end.stderr).toBe(0)
      expect(end.stdout).toMatch(/skipped as duplicates/)
      expect(end.stderr).toMatch(/sandbox/)
      const lines = parseCsv(await place.read(`runs/${runId}/results.csv`))
      const counts = countsOf(lines.map(({ result }) => result))
      // Who is deactivated already is skipped by the status that the cleanup asks for.
      const unchanged = name === 'migration-cleanup' ? [] : ['unchanged']
      expect(Object.keys(counts).sort()).toEqual(['skipped', 'succeeded', ...unchanged])
      expect(counts.succeeded).toBeGreaterThan(counts.skipped ?? 0)
    })
  },
)

async function resultsRecorded(place: Workplace): Promise<number> {
  return (await journalOf(place)).filter(({ event }) => event === 'result').length
}

/** A run of 120 users on a sandbox, with some of them done. */
async function sandboxRunInTheMiddle(place: Workplace): Promise<Cli> {
  await place.write('in.csv', usersCsv(Array.from({ length: 120 }, (_, index) => loginOf(index + 1))))
  const cli = place.start(null, ['run', 'in.csv', '--action', 'suspend', '--sandbox', ...unattended])
  await vi.waitFor(async () => expect(await resultsRecorded(place)).toBeGreaterThan(10), 25_000)
  return cli
}
