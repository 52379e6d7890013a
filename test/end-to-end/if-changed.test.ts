import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const job = 'name: nightly\naction: suspend\nguards: { unusual: off }\n'
const ids = [1, 2, 3].map(userIdOf)

async function orgOf(place: Workplace, count = 3): Promise<ForeignOrg> {
  const org = await place.org({ users: makeUsers({ count }) })
  await place.write('job.yaml', job)
  await place.write('in.csv', usersCsv(ids))
  return org
}

let nights = 0

/** Runs the job as at night. Returns what was said, and how many requests the org got. */
async function night(place: Workplace, org: ForeignOrg, more: readonly string[] = []) {
  const before = org.requests.length
  const name = `night-${++nights}`
  const end = await place.runHere(org, [
    ...['run', 'in.csv', '--job', 'job.yaml', '--yes', '--quiet', '--if-changed', '--run-id', name],
    ...more,
  ])
  return { ...end, name, requests: org.requests.length - before }
}

it('a night on which nothing has changed makes no request, leaves nothing behind and ends with 0', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    const first = await night(place, org)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stderr).toContain('The job is run, because the job has no earlier run here.')
    expect(Object.keys(org.applied)).toHaveLength(3)
    for (const more of [[], ['--json']]) {
      const again = await night(place, org, more)
      expect([again.code, again.requests]).toEqual([0, 0])
      expect(again.stdout).toContain(first.name)
      if (more.length > 0) expect(JSON.parse(again.stdout).unchanged_since.run_id).toBe(first.name)
      else expect(again.stdout).toMatch(/^Nothing has changed since run .* No call was sent\.\n$/)
    }
    expect(await place.runs()).toEqual([first.name])
  })
})

it.each<[string, (place: Workplace, first: string, org: ForeignOrg) => Promise<unknown>, RegExp]>([
  [
    'another input',
    (place) => place.write('in.csv', usersCsv(ids.slice(1))),
    /the input differs from that of run/,
  ],
  [
    'another job',
    (place) => place.write('job.yaml', `${job}options: { in_doubt: retry }\n`),
    /the job has changed since run/,
  ],
  [
    'another list of protected users',
    async (place) => {
      await place.write('job.yaml', job.replace('unusual: off', 'unusual: off, protect_file: protected.txt'))
      await place.write('protected.txt', `${userIdOf(3)}\n`)
    },
    /the job has changed since run/,
  ],
  [
    'no summary of the run before',
    (place, first) => rm(join(place.directory, 'runs', first, 'summary.json')),
    /summary of run .* can't be read/,
  ],
  [
    'a damaged run among the earlier ones',
    (place, first) => place.write(`runs/${first}/run.json`, '{"run_id":"x"'),
    /an earlier run can't be read/,
  ],
  [
    'what was done is taken back',
    (place, first, org) => place.runHere(org, ['undo', first, '--yes', '--quiet']),
    /the latest, undid run|was taken up by/,
  ],
])('the job is run after %s', async (what, change, why) => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    const first = await night(place, org)
    await change(place, first.name, org)
    const again = await night(place, org)
    // Who is protected now has to be looked at.
    expect(again.code, again.stderr).toBe(/protected/.test(what) ? 1 : 0)
    expect(again.stderr).toMatch(why)
    expect(again.requests).toBeGreaterThan(0)
  })
})

it('the job is run after an earlier run was resumed, although a newer one did everything', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    // What the older run does comes last: it suspends people whom the newer one lets in again.
    await place.write('job.yaml', job.replace('action: suspend\n', ''))
    const lists = (action: string) => usersCsv(ids.map((id) => [id, action] as const))
    await place.write('in.csv', lists('suspend'))
    const older = await night(place, org, ['--max-users', '2'])
    expect(older.code).toBe(3)
    await place.write('in.csv', lists('unsuspend'))
    expect((await night(place, org)).code).toBe(0)
    expect((await night(place, org)).requests).toBe(0)
    const resumed = await place.runHere(org, ['resume', older.name, '--max-users', '3', '--yes', '--quiet'])
    expect(resumed.code, resumed.stderr).toBe(0)
    const again = await night(place, org)
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining('was still at work after that one began'),
    ])
    expect([...org.org.users.values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE'])
  })
})

it('the job is run again where users were left alone because of their status', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    await place.write('job.yaml', job.replace('unusual: off', 'unusual: off, only_status: [ACTIVE]'))
    for (const user of org.org.users.values()) if (user.id === ids[0]) user.status = 'STAGED'
    expect((await night(place, org)).code).toBe(0)
    for (const user of org.org.users.values()) if (user.id === ids[0]) user.status = 'ACTIVE'
    const again = await night(place, org)
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('only_status')])
    expect(org.applied).toMatchObject({ [`${ids[0]} suspend`]: 1 })
  })
})

it('the job is run again while someone must look at its latest run, or it has not finished', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 2)
    const first = await night(place, org)
    expect(first.code).toBe(1)
    const second = await night(place, org)
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining('the latest, ended with exit status 1'),
    ])
    await place.write('job.yaml', `${job.replace('unusual: off', 'unusual: off, max_failures: 0')}`)
    expect((await night(place, org)).code).toBe(3)
    const after = await night(place, org)
    expect([after.code, after.stderr]).toEqual([3, expect.stringContaining('has not finished (stopped)')])
  })
})

it('rows that became due are done, and then nothing until the next', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    const soon = new Date(Date.now() + 2_500).toISOString()
    const rows = [`${ids[0]},2026-01-01T10:00:00Z`, `${ids[1]},${soon}`, `${ids[2]},2999-01-01T10:00:00Z`]
    await place.write('in.csv', `user,last_day\n${rows.join('\n')}\n`)
    await place.write('job.yaml', `${job}input: { due: { column: last_day, time_zone: UTC } }\n`)
    const first = await night(place, org)
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(
      new RegExp(`^Next due +${soon.slice(0, 10)} ${soon.slice(11, 19)} UTC$`, 'm'),
    )
    expect(org.applied).toEqual({ [`${ids[0]} suspend`]: 1 })
    expect((await night(place, org)).requests).toBe(0)
    // By Okta's clock a row may be due a moment later than by ours: then it is done on the next night.
    while (Object.keys(org.applied).length === 1) expect((await night(place, org)).code).toBe(0)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon))
    expect(org.applied).toEqual({ [`${ids[0]} suspend`]: 1, [`${ids[1]} suspend`]: 1 })
    expect((await night(place, org)).requests).toBe(0)
  })
})

it.each<[string, readonly string[], RegExp]>([
  ['without a job', ['run', 'in.csv', '--action', 'suspend'], /no job is named.*\n.*--job FILE/],
  ['with a saved plan', ['run', '--plan', 'plan.json'], /a saved plan is carried out once/],
  [
    'in a sandbox',
    ['run', 'in.csv', '--job', 'job.yaml', '--sandbox'],
    /each run begins with a new simulated org/,
  ],
])('it is refused %s', async (_, args, said) => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    const end = await place.runHere(org, [...args, '--if-changed', '--yes'])
    expect([end.code, org.requests.length]).toEqual([2, 0])
    expect(end.stderr).toMatch(said)
  })
})
