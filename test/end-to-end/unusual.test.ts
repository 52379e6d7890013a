import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, parseCsv, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const nights = 8
const perNight = 12

function leaversOf(night: number, count = perNight): string[] {
  return Array.from({ length: count }, (_, index) => `user${night * 20 + index + 1}@example.com`)
}

async function job(place: Workplace, lines = ''): Promise<void> {
  await place.write('job.yaml', `name: leavers\naction: suspend\ninput: { file: in.csv }\n${lines}`)
}

async function send(place: Workplace, org: ForeignOrg, keys: readonly string[], ...flags: readonly string[]) {
  await place.write('in.csv', usersCsv(keys))
  return await place.runHere(org, ['run', '--job', 'job.yaml', '--yes', '--quiet', ...flags])
}

/** An org of 600 users, and a job that has suspended a dozen new people on each of eight nights. */
async function withHistory(
  work: (place: Workplace, org: ForeignOrg, applied: () => number) => Promise<void>,
): Promise<void> {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 600 }) })
    await job(place)
    for (let night = 0; night < nights; night++)
      expect((await send(place, org, leaversOf(night), '--run-id', `night-${night}`)).code).toBe(0)
    const before = org.org.appliedInOrder.length
    await work(place, org, () => org.org.appliedInOrder.length - before)
  })
}

it('stops an input that is many times larger than all before, and goes on when a person says so', async () => {
  await withHistory(async (place, org, applied) => {
    const end = await send(place, org, leaversOf(10, 200), '--run-id', 'mad')
    expect(end.code).toBe(3)
    expect(end.stdout).toContain('The input is unusual for this job: the input names 200 users to act on')
    expect(end.stdout).toContain('okta-lifecycle resume mad --accept-unusual')
    expect(applied()).toBe(0)
    // Stopped runs say nothing about what is usual: the next try is stopped as well.
    expect((await send(place, org, leaversOf(10, 200))).code).toBe(3)
    const still = await place.runHere(org, ['resume', 'mad', '--quiet'])
    expect(still.code).toBe(3)
    const end2 = await place.runHere(org, ['resume', 'mad', '--accept-unusual', '--quiet'])
    expect(end2.code, end2.stderr).toBe(0)
    expect(applied()).toBe(200)
  })
})

it('does not take for usual what an undo has taken back', async () => {
  await withHistory(async (place, org, applied) => {
    const mad = leaversOf(10, 200)
    const accepted = await send(place, org, mad, '--accept-unusual', '--run-id', 'mad')
    expect(accepted.code, accepted.stderr).toBe(0)
    expect((await place.runHere(org, ['undo', 'mad', '--yes', '--quiet'])).code).toBe(0)
    expect(applied()).toBe(400)
    const again = await send(place, org, mad, '--run-id', 'again')
    expect([again.code, applied()]).toEqual([3, 400])
    expect(again.stdout).toContain('in 8 earlier runs of this job there were at most 12')
  })
})

it('stops an old file, names its run, and lets an ordinary night pass', async () => {
  await withHistory(async (place, org, applied) => {
    const old = await send(place, org, leaversOf(3))
    expect(old.code).toBe(3)
    expect(old.stdout).toContain('about 100% of the users were already named by run night-3')
    expect(applied()).toBe(0)
    // The latest list once more: somebody started the job twice.
    expect((await send(place, org, leaversOf(nights - 1))).code).toBe(0)
    expect((await send(place, org, leaversOf(nights))).code).toBe(0)
    expect(applied()).toBe(perNight)
    const accepted = await send(place, org, leaversOf(3), '--accept-unusual', '--run-id', 'again')
    expect(accepted.code).toBe(0)
    expect(
      countsOf(parseCsv(await place.read('runs/again/results.csv')).map(({ result }) => result)),
    ).toEqual({
      unchanged: perNight,
    })
  })
})

it('lets people come back together and leave again, and stops the file of then', async () => {
  await withHistory(async (place, org, applied) => {
    const group = leaversOf(3)
    expect((await send(place, org, group, '--action', 'unsuspend')).code).toBe(0)
    expect((await send(place, org, leaversOf(nights))).code).toBe(0)
    expect((await send(place, org, group)).code).toBe(0)
    expect(applied()).toBe(3 * perNight)
    expect((await send(place, org, leaversOf(nights + 1))).code).toBe(0)
    expect((await send(place, org, group)).code).toBe(3)
    expect(applied()).toBe(4 * perNight)
  })
})

it('stops the file of a run that was itself stopped half-way, but not right after it', async () => {
  await withHistory(async (place, org, applied) => {
    const group = leaversOf(10)
    const stopped = await send(place, org, [...group, 'nobody@example.com'], '--max-failures', '0')
    expect(stopped.code).toBe(3)
    expect(applied()).toBeGreaterThan(0)
    expect((await send(place, org, group, '--run-id', 'again')).code).toBe(0)
    await rm(join(place.directory, 'runs', 'again'), { recursive: true })
    expect((await send(place, org, leaversOf(nights))).code).toBe(0)
    const before = applied()
    const old = await send(place, org, group)
    expect([old.code, applied()]).toEqual([3, before])
    expect(old.stdout).toContain('this may be an old file')
  })
})

it('remembers whom a run acted on, also where its resume or its retry is held back by a guard', async () => {
  await withHistory(async (place, org, applied) => {
    const [group, others] = [leaversOf(10), leaversOf(12)]
    const bounds = ['--max-failures', '0', '--run-id']
    expect((await send(place, org, [...group, 'nobody@example.com'], ...bounds, 'first')).code).toBe(3)
    const held = await place.runHere(org, ['resume', 'first', '--max-users', '5', '--quiet'])
    expect([held.code, held.stdout]).toEqual([3, expect.stringContaining('max_users')])
    expect(
      (await send(place, org, [...others, 'no1@example.com', 'no2@example.com'], '--run-id', 'second')).code,
    ).toBe(1)
    const retried = await place.runHere(org, ['retry', 'second', '--max-users', '1', '--yes', '--quiet'])
    expect([retried.code, retried.stdout], retried.stderr).toEqual([3, expect.stringContaining('max_users')])
    expect((await send(place, org, leaversOf(nights))).code).toBe(0)
    const before = applied()
    for (const old of [group, others]) expect((await send(place, org, old)).code).toBe(3)
    expect(applied()).toBe(before)
  })
})

it('plan says so too, and ends with 3 where nobody can be asked', async () => {
  await withHistory(async (place, org) => {
    await place.write('in.csv', usersCsv(leaversOf(10, 200)))
    const plan = await place.runHere(org, ['plan', '--job', 'job.yaml', '--quiet'])
    expect(plan.code).toBe(3)
    expect(plan.stderr).toContain('unusual for this job')
    expect(
      (await place.runHere(org, ['plan', '--job', 'job.yaml', '--quiet', '--accept-unusual'])).code,
    ).toBe(0)
  })
})

it('holds where an earlier run can’t be read, and passes over what is no run of ours', async () => {
  await withHistory(async (place, org, applied) => {
    await mkdir(join(place.directory, 'runs', 'terraform'))
    await place.write('runs/terraform/run.json', '{"version":4,"resources":[]}')
    expect((await send(place, org, leaversOf(nights))).code).toBe(0)
    expect(applied()).toBe(perNight)
    const path = 'runs/night-3/run.json'
    await place.write(path, (await place.read(path)).slice(0, -5))
    const held = await send(place, org, leaversOf(nights + 1))
    expect(held.code).toBe(3)
    expect(held.stdout).toMatch(/what is usual is not known, because an earlier run can't be read: .*night-3/)
    expect(applied()).toBe(perNight)
    expect((await send(place, org, leaversOf(nights + 1), '--accept-unusual')).code).toBe(0)
    await rm(join(place.directory, 'runs', 'terraform'), { recursive: true })
  })
})

it('judges a saved plan that was made beside other runs, unless a person has let its input pass', async () => {
  await withHistory(async (place, org, applied) => {
    await place.write('in.csv', usersCsv(leaversOf(10, 200)))
    const plan = (out: string, ...flags: string[]) =>
      place.runHere(org, ['plan', '--job', 'job.yaml', '--out', out, '--quiet', ...flags])
    const run = (path: string) => place.runHere(org, ['run', '--plan', path, '--yes', '--quiet'])
    expect((await plan('beside.json', '--runs-dir', 'elsewhere')).code).toBe(0)
    const end = await run('beside.json')
    expect([end.code, applied()]).toEqual([3, 0])
    expect(end.stdout).toContain('The input is unusual for this job')
    expect((await plan('accepted.json', '--accept-unusual')).code).toBe(0)
    expect([(await run('accepted.json')).code, applied()]).toEqual([0, 200])
  })
})

it.each([
  ['turned off', 'guards: { unusual: off }\n', ['--job', 'job.yaml']],
  ['of no job file', '', ['in.csv', '--action', 'suspend']],
])('does not judge a run %s', async (_, lines, flags) => {
  await withHistory(async (place, org, applied) => {
    await job(place, lines)
    await place.write('in.csv', usersCsv(leaversOf(10, 200)))
    const end = await place.runHere(org, ['run', ...flags, '--yes', '--quiet'])
    expect(end.code, end.stderr).toBe(0)
    expect(applied()).toBe(200)
  })
})
