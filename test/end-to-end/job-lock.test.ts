import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 40 })
const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const nightly = ['run', '--job', 'nightly.yaml', '--yes', '--quiet']

async function writeJob(place: Workplace): Promise<void> {
  await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
  await place.write('nightly.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
}

describe('a run from a job file', () => {
  it.concurrent('keeps a second one of its job from starting while it works, and its resume does too', async () => {
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
      const small = await place.run(org, ['run', 'few.csv', ...nightly.slice(1), '--run-id', 'small'])
      expect(small.code, small.stderr).toBe(0)

      const first = await isAtWork(() => place.start(org, [...nightly, '--run-id', runId]))
      const second = await place.run(org, nightly)
      expect(second.code, second.stderr).toBe(5)
      expect(second.stderr).toContain('the job nightly')
      expect(second.stderr).toContain(`run ${runId}, process ${first.pid}`)
      expect(second.stderr).toContain(`okta-lifecycle status ${runId}`)
      expect(await place.runs()).toEqual([runId, 'small'])
      expect(JSON.parse((await place.run(null, ['status', '--json'])).stdout).run_id).toBe(runId)
      // A finished run of the job is told all the same.
      const told = await place.run(org, ['resume', 'small'])
      expect(told.code, told.stderr).toBe(0)
      await kill(first)

      // What a killed process held is free; and a run is not resumed beside another one of its job.
      const third = await isAtWork(() => place.start(org, [...nightly, '--run-id', 'third']))
      const beside = await place.run(org, ['resume', runId, '--quiet'])
      expect(beside.code, beside.stderr).toBe(5)
      expect(beside.stderr).toContain(`run third, process ${third.pid}`)
      await kill(third)

      const resumed = await isAtWork(() => place.start(org, ['resume', runId, '--quiet'], impatient))
      const fourth = await place.run(org, nightly)
      expect(fourth.code, fourth.stderr).toBe(5)
      expect(fourth.stderr).toContain(`run ${runId}, process ${resumed.pid}`)
      await kill(resumed)

      for (const args of [['resume', runId, '--quiet'], ['resume', 'third', '--quiet'], nightly]) {
        const end = await place.run(org, args, impatient)
        expect(end.code, end.stderr).toBe(0)
      }
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
    })
  }, 60_000)

  it.concurrent('releases its job on every way out', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users, latencyMs: 100 })
      await writeJob(place)
      await place.write('bad.csv', 'user\n\n..\n')
      await place.write('few.csv', usersCsv(users.slice(0, 2).map(({ id }) => id)))
      const other = { url: org.url, token: 'not-the-token' }
      const ends = [
        await place.run(org, [...nightly, '--max-users', '1']),
        await place.run(org, ['run', 'bad.csv', ...nightly.slice(1)]),
        await place.run(org, [...nightly, '--run-id', 'once', '--max-users', '1']),
        await place.run(org, [...nightly, '--run-id', 'once']),
        await place.run(other, nightly),
      ]
      expect(ends.map(({ code }) => code)).toEqual([3, 2, 3, 2, 4])
      const interrupted = place.start(org, nightly)
      await org.waitUntil(() => Object.keys(org.applied).length > 0)
      interrupted.kill('SIGTERM')
      expect((await interrupted.ended).code).toBe(143)
      const held = await readdir(join(place.directory, 'runs', '.jobs', 'nightly', 'lock'))
      expect(held).toEqual([expect.stringMatching(/^\d+\.released$/)])
      const last = await place.run(org, ['run', 'few.csv', ...nightly.slice(1)])
      expect(last.code, last.stderr).toBe(0)
    })
  })

  it.concurrent('of two that start in the same moment exactly one works, time after time', async () => {
    await withWorkplace(async (place) => {
      // Nothing is answered while they start: the one that works is still at it when the other has ended.
      const org = await place.org({ users, latencyMs: 120_000 })
      await writeJob(place)
      for (let round = 0; round < 20; round++) {
        const two = [place.start(org, nightly), place.start(org, nightly)] as const
        const loser = await Promise.race(two.map(async (cli) => ({ cli, end: await cli.ended })))
        expect(loser.end.code, loser.end.stderr).toBe(5)
        expect(loser.end.stderr).toContain('the job nightly')
        const winner = two.find((cli) => cli !== loser.cli)
        await org.waitUntil(() => org.requests.length === round + 1)
        expect(await place.runs()).toHaveLength(round + 1)
        // Its lock is left to the next round, which takes it over.
        expect(winner?.kill('SIGKILL')).toBe(true)
        await winner?.ended
      }
    })
  }, 120_000)
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
