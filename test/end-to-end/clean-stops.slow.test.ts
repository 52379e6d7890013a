import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  journalOf,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const users = makeUsers({ count: 200 })
const ids = users.map(({ id }) => id)
const start = ['run', 'in.csv', '--action', 'suspend', ...unattended]
const resume = ['resume', '--latest', '--quiet']

/** A run of many users in an org that takes its time. */
async function slowOrg(place: Workplace): Promise<ForeignOrg> {
  await place.write('in.csv', usersCsv(ids))
  return await place.org({ users, latencyMs: 40 })
}

async function appliedSoFar(org: ForeignOrg, count: number): Promise<void> {
  await org.waitUntil(() => Object.keys(org.applied).length >= count)
}

/** The run was left in good order, for this reason. */
async function expectInterrupted(place: Workplace, org: ForeignOrg, exitCode: number, reason: RegExp) {
  const applied = Object.keys(org.applied).length
  expect(applied).toBeLessThan(users.length)
  const { succeeded = 0, ...others } = countsOf((await place.results()).map(({ result }) => result))
  expect({ succeeded, ...others }).toEqual({ succeeded: applied, not_run: users.length - applied })
  for (const name of ['run.json', 'summary.json']) {
    const { state, reason: said } = JSON.parse(await place.read(`runs/${runId}/${name}`))
    expect(state).toBe('interrupted')
    expect(said).toMatch(reason)
  }
  expect(JSON.parse(await place.read(`runs/${runId}/summary.json`)).exit_code).toBe(exitCode)
  expect((await journalOf(place)).at(-1)).toMatchObject({ event: 'stopped', state: 'interrupted' })
}

async function expectResumed(place: Workplace, org: ForeignOrg): Promise<void> {
  const end = await place.run(org, resume)
  expect(end.code, end.stderr).toBe(0)
  expectAppliedOnce(
    org.applied,
    ids.map((id) => `${id} suspend`),
  )
}

describe('a reader who leaves', () => {
  it.concurrent.each([
    ['stdout', /standard output/],
    ['stderr', /standard error/],
  ] as const)('%s ends a run in good order, and its resume too', async (stream, reason) => {
    await withWorkplace(async (place) => {
      const org = await slowOrg(place)
      const leave = async (cli: Cli, count: number): Promise<void> => {
        await appliedSoFar(org, count)
        cli.closeReader(stream)
        const end = await cli.ended
        expect(end.code, end.stderr).toBe(141)
        expect(end.stderr).not.toMatch(/^ {4}at /m)
        await expectInterrupted(place, org, 141, reason)
      }
      await leave(place.start(org, start), 20)
      await leave(place.start(org, resume), Object.keys(org.applied).length + 20)
      await expectResumed(place, org)
    })
  })

  it.concurrent('after the last task loses nothing: the exit code is that of the run', async () => {
    await withWorkplace(async (place) => {
      // The last answer comes when the reader has left; before that, nothing is written.
      const few = makeUsers({ count: 1 })
      const org = await place.org({ users: few, latencyMs: 1_500 })
      await place.write('in.csv', usersCsv(few.map(({ id }) => id)))
      const cli = place.start(org, [...start, '--json'])
      await org.waitUntil(() => org.requests.some(({ action }) => action !== null))
      cli.closeReader('stdout')
      const end = await cli.ended
      expect(end.code, end.stderr).toBe(0)
      expect(JSON.parse(await place.read(`runs/${runId}/summary.json`))).toMatchObject({
        state: 'finished',
        exit_code: 0,
        reason: null,
      })
    })
  })

  it.concurrent('of an answer that stands already ends no command with a stack', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: users.slice(0, 3) })
      await place.write('in.csv', usersCsv(ids.slice(0, 3)))
      await place.run(org, start)
      for (const args of [
        ['status'],
        ['status', '--json'],
        ['verify-journal'],
        ['validate', 'in.csv', '--action', 'suspend'],
        ['plan', 'in.csv', '--action', 'suspend', '--quiet'],
        ['resume', runId],
        ['--help'],
      ]) {
        const cli = place.start(org, args)
        cli.closeReader('stdout')
        const end = await cli.ended
        expect(end.code, `${args.join(' ')}: ${end.stderr}`).toBe(0)
        expect(end.stderr).not.toMatch(/^ {4}at /m)
      }
    })
  })
})

function shellEnvironment(org: ForeignOrg): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    OKTA_CLIENT_ORGURL: org.url,
    OKTA_CLIENT_TOKEN: org.token,
    LIFECYCLE: `${process.execPath} ${main}`,
  }
}

/** Runs a line of shell with the org in its environment, `$LIFECYCLE` being the command. Resolves when all of it ended. */
async function shell(place: Workplace, org: ForeignOrg, name: 'sh' | 'bash', line: string) {
  const child = spawn(name, ['-c', line], {
    cwd: place.directory,
    env: shellEnvironment(org),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, printed }
}

describe('in a shell', () => {
  const loud = ['run', 'in.csv', '--action', 'suspend', '--yes', '--run-id', runId].join(' ')

  it.concurrent('a pipe to head ends the run in good order with the next line for it', async () => {
    await withWorkplace(async (place) => {
      const org = await slowOrg(place)
      const { printed } = await shell(
        place,
        org,
        'sh',
        `{ $LIFECYCLE ${loud} 2>&1; echo $? > code; } | head -n 1`,
      )
      expect(printed.trim().split('\n')).toHaveLength(1)
      expect((await place.read('code')).trim()).toBe('141')
      await expectInterrupted(place, org, 141, /standard error/)
      await expectResumed(place, org)
    })
  })

  it.concurrent('a pipe that nobody reads is only missed at the end where nothing was to be said before', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: users.slice(0, 3) })
      await place.write('in.csv', usersCsv(ids.slice(0, 3)))
      const started = performance.now()
      const command = `$LIFECYCLE ${loud} --quiet --drain 600`
      await shell(place, org, 'sh', `{ ${command} 2> err; echo $? > code; } | true`)
      // Nothing of it waits for the time that calls under way would be given.
      expect(performance.now() - started).toBeLessThan(120_000)
      expect((await place.read('code')).trim()).toBe('0')
      expect(await place.read('err')).not.toMatch(/Nobody reads|^ {4}at /m)
      expect(JSON.parse(await place.read(`runs/${runId}/run.json`)).state).toBe('finished')
    })
  })

  it.concurrent('streams that were closed from the start end nothing', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: users.slice(0, 3) })
      await place.write('in.csv', usersCsv(ids.slice(0, 3)))
      const end = await shell(place, org, 'sh', `$LIFECYCLE ${loud} 2>&- >&-`)
      expect(end).toEqual({ code: 0, printed: '' })
      expect(Object.keys(org.applied)).toHaveLength(3)
    })
  })

  it.concurrent('nohup keeps a run going through a hangup', async () => {
    await withWorkplace(async (place) => {
      const org = await slowOrg(place)
      const ended = shell(place, org, 'bash', `nohup $LIFECYCLE ${loud} --quiet & echo $! > pid; wait $!`)
      await appliedSoFar(org, 20)
      process.kill(Number(await place.read('pid')), 'SIGHUP')
      const { code, printed } = await ended
      expect(code, printed).toBe(0)
      expect(Object.keys(org.applied)).toHaveLength(users.length)
    })
  })

  it.concurrent('a hangup that comes twice is one', async () => {
    await withWorkplace(async (place) => {
      const org = await slowOrg(place)
      const cli = place.start(org, start)
      await appliedSoFar(org, 20)
      cli.kill('SIGHUP')
      await cli.says(/SIGHUP/)
      cli.kill('SIGHUP')
      expect((await cli.ended).code).toBe(129)
      await expectInterrupted(place, org, 129, /SIGHUP/)
      const again = place.start(org, resume)
      await appliedSoFar(org, Object.keys(org.applied).length + 20)
      again.kill('SIGHUP')
      expect((await again.ended).code).toBe(129)
      await expectInterrupted(place, org, 129, /SIGHUP/)
      await expectResumed(place, org)
    })
  })
})

/** `script`, which gives a command a terminal; absent from small images. */
const noTerminals = spawnSync('script', ['-qc', 'true', '/dev/null'], { stdio: 'ignore' }).status !== 0
if (noTerminals) console.info('Closing a terminal is not tested: there is no `script` of util-linux here.')

it.skipIf(noTerminals).concurrent('closing the terminal of a run leaves it in good order', async () => {
  await withWorkplace(async (place) => {
    const org = await slowOrg(place)
    execFileSync('mkfifo', ['-m', '600', 'code'], { cwd: place.directory })
    const run = `$LIFECYCLE ${['run', 'in.csv', '--action', 'suspend', '--yes', '--run-id', runId].join(' ')}`
    // The shell hands the hangup on, as one does for its jobs, and outlives it to tell how the run ended.
    const line = `trap 'kill -HUP $pid' HUP; ${run} & pid=$!; wait $pid; wait $pid; echo $? > code`
    await place.write('line.sh', line)
    const terminal = spawn('script', ['-qc', 'sh line.sh', '/dev/null'], {
      cwd: place.directory,
      env: shellEnvironment(org),
      stdio: 'ignore',
    })
    const code = place.read('code')
    await appliedSoFar(org, 20)
    terminal.kill('SIGKILL')
    expect((await code).trim()).toBe('129')
    await expectInterrupted(place, org, 129, /SIGHUP/)
    await expectResumed(place, org)
  })
})
