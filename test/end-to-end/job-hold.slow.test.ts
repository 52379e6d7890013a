import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 40 })
const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
/** Whoever is at work stays there while another is refused; and what it has sent is waited for no longer than this. */
const patient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '4' } }
const nightly = ['run', '--job', 'nightly.yaml', '--yes', '--quiet']

async function writeJob(place: Workplace): Promise<void> {
  await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
  await place.write('nightly.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
}

describe('a run from a job file', () => {
  it('keeps a second one of its job from starting while it works, and its resume does too', async () => {
    await withWorkplace(async (place) => {
      // Calls are not answered while this is set: whoever is at work stays at work.
      let silent = false
      const org = await place.org({
        users,
        fault: ({ action }) => (silent && action !== null ? { name: 'hangBefore' } : null),
      })
      const isAtWork = async (start: () => Cli): Promise<Cli> => {
        silent = true
        const before = org.requests.length
        const cli = start()
        await org.waitUntil(() => org.requests.slice(before).some(({ action }) => action !== null))
        return cli
      }
      const kill = async (cli: Cli): Promise<void> => {
        expect(cli.kill('SIGKILL')).toBe(true)
        await cli.ended
        silent = false
      }
      await writeJob(place)
      await place.write('few.csv', usersCsv(users.slice(0, 2).map(({ id }) => id)))
      const small = await place.runHere(org, ['run', 'few.csv', ...nightly.slice(1), '--run-id', 'small'])
      expect(small.code, small.stderr).toBe(0)

      const first = await isAtWork(() => place.start(org, [...nightly, '--run-id', runId], patient))
      const second = await place.runHere(org, nightly)
      expect(second.code, second.stderr).toBe(5)
      expect(second.stderr).toContain('the job nightly')
      expect(second.stderr).toContain(`run ${runId}, process ${first.pid}`)
      expect(second.stderr).toContain(`okta-lifecycle status ${runId}`)
      expect(await place.runs()).toEqual([runId, 'small'])
      expect(JSON.parse((await place.runHere(null, ['status', '--json'])).stdout).run_id).toBe(runId)
      // A finished run of the job is told all the same.
      const told = await place.runHere(org, ['resume', 'small'])
      expect(told.code, told.stderr).toBe(0)
      await kill(first)

      // What a killed process held is free; and a run is not resumed beside another one of its job.
      const third = await isAtWork(() => place.start(org, [...nightly, '--run-id', 'third'], patient))
      const beside = await place.runHere(org, ['resume', runId, '--quiet'])
      expect(beside.code, beside.stderr).toBe(5)
      expect(beside.stderr).toContain(`run third, process ${third.pid}`)
      await kill(third)

      const resumed = await isAtWork(() => place.start(org, ['resume', runId, '--quiet'], impatient))
      const fourth = await place.runHere(org, nightly)
      expect(fourth.code, fourth.stderr).toBe(5)
      expect(fourth.stderr).toContain(`run ${runId}, process ${resumed.pid}`)
      await kill(resumed)

      for (const args of [['resume', runId, '--quiet'], ['resume', 'third', '--quiet'], nightly]) {
        const end = await place.runHere(org, args, impatient)
        expect(end.code, end.stderr).toBe(0)
      }
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
    })
  }, 60_000)

  it('releases its job on every way out', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users, latencyMs: 100 })
      await writeJob(place)
      await place.write('bad.csv', 'user\n\n..\n')
      await place.write('few.csv', usersCsv(users.slice(0, 2).map(({ id }) => id)))
      const other = { url: org.url, token: 'not-the-token' }
      const ends = [
        await place.runHere(org, [...nightly, '--max-users', '1']),
        await place.runHere(org, ['run', 'bad.csv', ...nightly.slice(1)]),
        await place.runHere(org, [...nightly, '--run-id', 'once', '--max-users', '1']),
        await place.runHere(org, [...nightly, '--run-id', 'once']),
        await place.runHere(other, nightly),
      ]
      expect(ends.map(({ code }) => code)).toEqual([3, 2, 3, 2, 4])
      const interrupted = place.start(org, nightly)
      await org.waitUntil(() => Object.keys(org.applied).length > 0)
      interrupted.kill('SIGTERM')
      expect((await interrupted.ended).code).toBe(143)
      const held = await readdir(join(place.directory, 'runs', '.jobs', 'nightly', 'lock'))
      expect(held).toEqual([expect.stringMatching(/^\d+\.released$/)])
      const last = await place.runHere(org, ['run', 'few.csv', ...nightly.slice(1)])
      expect(last.code, last.stderr).toBe(0)
    })
  })
})

describe('a run without a job file', () => {
  it.concurrent('holds no job: several work side by side, and one from before the lock can be resumed', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users, latencyMs: 40 })
      await writeJob(place)
      const plain = ['run', 'in.csv', '--action', 'suspend', '--yes', '--quiet']
      const two = [
        place.start(org, [...plain, '--run-id', 'one']),
        place.start(org, [...plain, '--run-id', 'two']),
      ]
      for (const { ended } of two) {
        const end = await ended
        expect(end.code, end.stderr).toBe(0)
      }

      const before = org.requests.length
      const job = place.start(org, [...nightly, '--run-id', runId])
      await org.waitUntil(() => org.requests.length > before + 2)
      job.kill('SIGTERM')
      await job.ended
      const path = join(place.directory, 'runs', runId, 'run.json')
      const { from_job_file: fromJobFile, ...older } = JSON.parse(await readFile(path, 'utf8'))
      expect(fromJobFile).toBe(true)
      await writeFile(path, JSON.stringify(older))
      const resumed = await place.run(org, ['resume', runId, '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
    })
  })
})
