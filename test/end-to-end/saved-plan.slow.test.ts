import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const users = makeUsers({ count: 120 })
const ids = users.map(({ id }) => id)

it.concurrent('a run of a saved plan that is killed goes on by the same plan', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users, latencyMs: 30 })
    await place.write('in.csv', usersCsv(ids))
    await place.write('job.yaml', 'name: j\nsteps: [suspend, deactivate]\norder: step\n')
    const planning = await place.run(org, [
      'plan',
      'in.csv',
      '--job',
      'job.yaml',
      '--out',
      'plan.json',
      '--quiet',
    ])
    expect(planning.code, planning.stderr).toBe(0)
    // So short that the calls of a killed process need not be waited for.
    const env = { OKTA_CLIENT_REQUESTTIMEOUT: '2' }
    const start = ['run', '--plan', 'plan.json', '--concurrency', '4', ...unattended]
    for (const [index, args] of [
      start,
      ['resume', runId, '--quiet'],
      ['resume', runId, '--quiet'],
    ].entries()) {
      const cli = place.start(org, args, { env })
      await org.waitUntil(() => Object.keys(org.applied).length >= 50 * (index + 1))
      cli.kill('SIGKILL')
      await cli.ended
    }
    // By now all are suspended. Somebody brings one back whose deactivation is still to come.
    const last = org.org.users.get(userIdOf(120))
    if (last === undefined) throw new Error('The user is not there.')
    expect(last.status).toBe('SUSPENDED')
    last.status = 'ACTIVE'
    // A plan that was changed in the run directory holds no longer; put back, it does.
    const path = `runs/${runId}/plan.json`
    const plan = await place.read(path)
    await place.write(path, plan.replace('"expected":"succeeded"', '"expected":"unknown"'))
    const calls = org.requests.length
    const refused = await place.run(org, ['resume', runId, '--quiet'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/plan\.json is not as okta-lifecycle wrote it/)
    expect(org.requests.length).toBe(calls)
    await place.write(path, plan)
    const end = await place.run(org, ['resume', runId, '--quiet'], { env })
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 239, skipped: 1 })
    expect(lines.at(-1)).toMatchObject({ user: userIdOf(120), action: 'deactivate', result: 'skipped' })
    expect(lines.at(-1)?.message).toMatch(/left the user SUSPENDED, but now the user is ACTIVE/)
    expect(Object.values(org.applied).every((times) => times === 1)).toBe(true)
    const again = await place.run(org, ['run', '--plan', 'plan.json', '--yes'])
    expect(again.code).toBe(2)
  })
})

/** `script`, which gives a command a terminal; absent from small images. */
const noTerminals = spawnSync('script', ['-qc', 'true', '/dev/null'], { stdio: 'ignore' }).status !== 0

it.skipIf(noTerminals).each([
  ['the number', '3\n', 0, 3],
  ['another number', '33\n', 2, 0],
  ['Ctrl-C', '\u0003', 130, 0],
  ['Ctrl-D', '\u0004', 2, 0],
])('at a real terminal: %s', async (_name, typed, code, calls) => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
    const line = [process.execPath, main, 'run', 'in.csv', '--action', 'deactivate', '--run-id', runId].join(
      ' ',
    )
    const terminal = spawn('script', ['-eqc', line, '/dev/null'], {
      cwd: place.directory,
      env: {
        PATH: process.env.PATH,
        HOME: place.directory,
        OKTA_CLIENT_ORGURL: org.url,
        OKTA_CLIENT_TOKEN: org.token,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let shown = ''
    const asked = new Promise<void>((resolve) => {
      terminal.stdout.on('data', (chunk: Buffer) => {
        shown += chunk.toString()
        if (shown.includes('Anything else sends nothing:')) resolve()
      })
    })
    const ended = once(terminal, 'close')
    await asked
    terminal.stdin.write(typed)
    const [exitCode] = await ended
    expect(exitCode, shown).toBe(code)
    expect(org.requests.filter(({ method }) => method === 'POST')).toHaveLength(calls)
    expect(await place.runs()).toEqual(calls > 0 ? [runId] : [])
  })
})
