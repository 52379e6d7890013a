import { cpSync, readFileSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { type ForeignUser, loginOf, makeUsers } from '../support/foreign-org/user.ts'
import {
  countsOf,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

/** Runs an action over users, by login. */
async function runOver(
  place: Workplace,
  org: ForeignOrg,
  users: readonly ForeignUser[],
  action: string,
): Promise<void> {
  await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
  const end = await place.runHere(org, ['run', 'in.csv', '--action', action, ...unattended])
  expect(end.code, end.stderr).toBe(0)
}

/** The id of the newest run but the first. */
async function otherRun(place: Workplace, ...known: readonly string[]): Promise<string> {
  const [run = ''] = (await place.runs()).filter((name) => name !== runId && !known.includes(name))
  return run
}

async function resultsOf(place: Workplace, run: string) {
  return parseCsv(await place.read(`runs/${run}/results.csv`))
}

function statusesOf({ org }: ForeignOrg): Readonly<Record<string, number>> {
  return countsOf([...org.users.values()].map(({ status }) => status))
}

describe('undo', () => {
  it('brings back whom the run suspended, but one whom somebody else has brought back already', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 50 })
      const org = await place.org({ users })
      await runOver(place, org, users, 'suspend')
      const changed = org.org.users.get(users[20]?.id ?? '')
      Object.assign(changed ?? {}, { status: 'ACTIVE', statusChanged: '2099-03-02T10:00:05.000Z' })
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toContain(`The undo takes back what run ${runId} did to 50 users.`)
      expect(end.stderr).toContain('50 unsuspend')
      expect(statusesOf(org)).toEqual({ ACTIVE: 50 })
      expect(Object.keys(org.applied).filter((name) => name.endsWith('unsuspend'))).toHaveLength(49)
      const run = await otherRun(place)
      const lines = await resultsOf(place, run)
      expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 49, skipped: 1 })
      const left = lines.find(({ result }) => result === 'skipped')
      expect(left).toMatchObject({ okta_login: users[20]?.login, status_before: 'ACTIVE', attempts: '0' })
      expect(left?.message).toMatch(
        new RegExp(
          `^run ${runId} left this user SUSPENDED at 20.*; user is now ACTIVE since 2099-03-02T10:00:05.000Z, so somebody else`,
        ),
      )
      expect(JSON.parse(await place.read(`runs/${run}/run.json`))).toMatchObject({ undo_of: runId })
      expect(end.stdout).toContain('1 skipped because the user is not as that run left it')
    })
  })

  it('leaves alone who was brought back and suspended again since', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await runOver(place, org, users, 'suspend')
      const changed = org.org.users.get(users[0]?.id ?? '')
      // The same status, of another time.
      Object.assign(changed ?? {}, { statusChanged: new Date(Date.now() + 60_000).toISOString() })
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet', '--json'])
      expect(end.code, end.stderr).toBe(1)
      expect(JSON.parse(end.stdout)).toMatchObject({ undo_of: runId, results: { succeeded: 1, skipped: 1 } })
      expect(statusesOf(org)).toEqual({ SUSPENDED: 1, ACTIVE: 1 })
    })
  })

  it('suspends again whom the run unsuspended, and an undo of an undo works', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3, status: 'SUSPENDED' })
      const org = await place.org({ users })
      await runOver(place, org, users, 'unsuspend')
      expect((await place.runHere(org, ['undo', runId, '--yes', '--quiet'])).code).toBe(0)
      expect(statusesOf(org)).toEqual({ SUSPENDED: 3 })
      const first = await otherRun(place)
      const again = await place.runHere(org, ['undo', first, '--yes', '--quiet'])
      expect(again.code, again.stderr).toBe(0)
      expect(statusesOf(org)).toEqual({ ACTIVE: 3 })
      for (const run of [runId, first]) {
        const refused = await place.runHere(org, ['undo', run, '--yes'])
        expect(refused.code).toBe(2)
        expect(refused.stderr).toContain(`Run ${run} is closed: run `)
      }
      expect((await place.runHere(org, ['resume', runId])).code).toBe(2)
    })
  })

  it('takes back only the net effect where a user has several tasks', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3 })
      const org = await place.org({ users })
      const rows = [
        [loginOf(1), 'suspend'],
        [loginOf(2), 'suspend'],
        [loginOf(1), 'unsuspend'],
        [loginOf(3), 'reset_factors'],
        [users[0]?.id ?? '', 'suspend'],
        [loginOf(2), 'unsuspend'],
      ] as const
      await place.write('in.csv', usersCsv(rows))
      expect((await place.runHere(org, ['run', 'in.csv', ...unattended])).code).toBe(0)
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(1)
      const undo = await otherRun(place)
      const lines = await resultsOf(place, undo)
      expect(lines).toMatchObject([{ user: users[0]?.id, action: 'unsuspend', row_taken_back: '5' }])
      expect(JSON.parse(await place.read(`runs/${undo}/summary.json`))).toMatchObject({
        exit_code: 1,
        not_undone: [expect.stringContaining("1 call of reset_factors can't be taken back")],
      })
      expect(end.stderr).toContain('1 user is left as they are: that run itself brought them back.')
      expect(end.stderr).toContain("1 call of reset_factors can't be taken back: the factors are gone")
      expect(statusesOf(org)).toEqual({ ACTIVE: 3 })
    })
  })

  it('says what can’t be taken back, and begins no run over that alone', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.write('job.yaml', 'name: leavers\nsteps: [suspend, deactivate]\n')
      await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      const before = org.requests.length
      const end = await place.runHere(org, ['undo', runId, '--yes', '--json'])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toMatch(/2 calls of deactivate can't be taken back: .*applications/)
      expect(JSON.parse(end.stdout)).toEqual({
        undo_of: runId,
        users: 0,
        already_back: 0,
        not_undone: { deactivate: 2 },
      })
      expect(org.requests).toHaveLength(before)
      expect(await place.runs()).toEqual([runId])
      expect(JSON.parse(await place.read(`runs/${runId}/run.json`)).state).toBe('finished')
    })
  })

  it('takes back a finished run, also beside a journal.head that was altered: its summary says where its journal ended', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 5 })
      const org = await place.org({ users })
      await runOver(place, org, users, 'suspend')
      await place.write(`runs/${runId}/journal.head`, 'hello\n')
      const verified = await place.runHere(null, ['verify-journal', runId])
      expect(verified.stdout).toContain('It ends where it was recorded to end')
      expect((await place.runHere(null, ['runs'])).stdout).toContain('finished')
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(0)
      expect(statusesOf(org)).toEqual({ ACTIVE: 5 })
    })
  })

  it('of a retry leaves nobody out silently where the journal of the run before it may have been longer', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 12 })
      const org = await place.org({ users, latencyMs: 30 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const cli = place.start(org, [
        'run',
        'in.csv',
        '--action',
        'suspend',
        '--concurrency',
        '1',
        ...unattended,
      ])
      await org.waitUntil(() => Object.keys(org.applied).length === 5)
      cli.kill('SIGKILL')
      await cli.ended
      expect((await place.runHere(org, ['retry', runId, '--yes', '--quiet'])).code).toBe(0)
      const retry = await otherRun(place)
      const journal = (await place.read(`runs/${runId}/journal.ndjson`)).split('\n')
      const result = journal.findIndex((line) => line.includes('"event":"result"'))
      await place.write(`runs/${runId}/journal.ndjson`, `${journal.slice(0, result + 1).join('\n')}\n`)
      await place.write(`runs/${runId}/journal.head`, 'hello\n')
      await rm(join(place.directory, 'runs', runId, 'summary.json'))
      // Older runs don't say where their last execution began.
      const { journal_begun: _, ...run } = JSON.parse(await place.read(`runs/${runId}/run.json`))
      await place.write(`runs/${runId}/run.json`, JSON.stringify(run))
      const end = await place.runHere(org, ['undo', retry, '--yes', '--quiet'])
      expect([end.code, end.stderr + end.stdout]).toEqual([1, expect.stringContaining('journal.head')])
    })
  })

  it('takes back a finished run beside the journal.head of a longer run, once its journal was taken as it is', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 5 })
      const org = await place.org({ users })
      await runOver(place, org, users, 'suspend')
      const longer = ['run', 'in.csv', '--action', 'unsuspend', '--yes', '--quiet', '--run-id', 'longer']
      await place.write('in.csv', usersCsv([...users, ...users].map(({ login }) => login)))
      await place.runHere(org, longer)
      const head = await place.read('runs/longer/journal.head')
      await place.runHere(org, ['undo', 'longer', '--yes', '--quiet'])
      await place.write(`runs/${runId}/journal.head`, head)
      const refused = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--take-sound-part')])
      const taken = await place.runHere(org, ['resume', runId, '--take-sound-part', '--yes', '--quiet'])
      expect(taken.code, taken.stderr).toBe(0)
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).not.toBe(2)
    })
  })

  it.each<[string, (lines: string[]) => string[]]>([
    ['an older copy', (lines) => lines.slice(0, Math.floor(lines.length / 2))],
    [
      'damaged in the middle',
      (lines) => lines.map((line, i) => (i === 9 ? line.replace('event', 'evemt') : line)),
    ],
  ])('takes back a mistake whose journal is %s, without doing the rest', async (_, alter) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 24 })
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const org = await place.org({ users, latencyMs: 30 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const asked = ['run', 'in.csv', '--action', 'suspend', '--concurrency', '1', ...unattended]
      const cli = place.start(org, asked, impatient)
      await org.waitUntil(() => Object.keys(org.applied).length === 8)
      cli.kill('SIGKILL')
      await cli.ended
      const done = Object.keys(org.applied)
      const journal = (await place.read(`runs/${runId}/journal.ndjson`)).trimEnd().split('\n')
      await place.write(`runs/${runId}/journal.ndjson`, `${alter(journal).join('\n')}\n`)
      const refused = await place.runHere(org, ['undo', runId, '--yes', '--quiet'], impatient)
      const advised = `To take back what that part shows, and do nothing else: okta-lifecycle undo ${runId} --take-sound-part`
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(advised)])
      const end = await place.runHere(
        org,
        ['undo', runId, '--take-sound-part', '--yes', '--quiet'],
        impatient,
      )
      // Whom only a look in Okta shows as suspended may have been suspended by somebody else.
      const { SUSPENDED: left = 0 } = statusesOf(org)
      expect([end.code, end.stderr]).toEqual([1, expect.stringContaining(`${left} tasks are left alone`)])
      expect(end.stderr).toMatch(/so they are not done|It is not closed/)
      if (end.stdout !== '') {
        expect(end.stdout).toContain('Not everything was undone.')
        expect(end.stdout).toMatch(
          /Needs a look\n +what was not undone[\s\S]*Next +look at what was not undone/,
        )
        expect(end.stdout).not.toMatch(/Nobody needs you|Nothing needs a look|nothing, the run is complete/)
      }
      expect(left).toBeLessThanOrEqual(done.length)
      expect(Object.keys(org.applied).filter((name) => name.endsWith(' suspend'))).toEqual(done)
    })
  })

  it('names whom an older copy of a whole run may have left as they are', async () => {
    await withWorkplace(async (place) => {
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const users = makeUsers({ count: 12 })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const asked = ['run', 'in.csv', '--action', 'suspend', '--concurrency', '1', ...unattended]
      const cli = place.start(org, asked, impatient)
      await org.waitUntil(() => Object.keys(org.applied).length === 4)
      cli.kill('SIGINT')
      await cli.ended
      const directory = join(place.directory, 'runs', runId)
      cpSync(directory, join(place.directory, 'copy'), { recursive: true })
      expect((await place.runHere(org, ['resume', runId, '--yes', '--quiet'], impatient)).code).toBe(0)
      await rm(directory, { recursive: true })
      renameSync(join(place.directory, 'copy'), directory)
      const undone = ['undo', runId, '--take-sound-part', '--yes', '--quiet']
      const end = await place.runHere(org, undone, impatient)
      const { SUSPENDED: left = 0 } = statusesOf(org)
      expect(left).toBeGreaterThan(5)
      expect([end.code, end.stderr]).toEqual([1, expect.stringContaining(`${left} tasks are left alone`)])
      expect(end.stderr).toContain('so it is treated as an older copy')
      expect(end.stdout).toContain('Not everything was undone.')
    })
  })

  it('asks first: without a terminal and without --yes it sends nothing', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await runOver(place, org, users, 'suspend')
      const end = await place.runHere(org, ['undo', runId])
      expect([end.code, end.stdout]).toEqual([2, ''])
      expect(end.stderr).toContain(`okta-lifecycle undo ${runId} --yes`)
      expect(statusesOf(org)).toEqual({ SUSPENDED: 2 })
      expect(await place.runs()).toEqual([runId])
    })
  })

  it('takes back what a retry and the runs before it did, and leaves alone what failed', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 4, status: ['ACTIVE', 'LOCKED_OUT', 'ACTIVE', 'ACTIVE'] })
      let refuses = true
      const org = await place.org({
        users,
        fault: ({ action, key }) =>
          refuses && action === 'suspend' && key === users[2]?.id ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      refuses = false
      await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
      const retried = await otherRun(place)
      // Somebody else was here between the two runs: their change stays, and names the run that it came after.
      const changed = org.org.users.get(users[3]?.id ?? '')
      Object.assign(changed ?? {}, { status: 'LOCKED_OUT', statusChanged: '2099-03-02T10:00:05.000Z' })
      const end = await place.runHere(org, ['undo', retried, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toContain(
        `The undo takes back what run ${retried} and what it retries (${runId}) did to 3 users.`,
      )
      expect([...org.org.users.values()].map(({ status }) => status)).toEqual([
        'ACTIVE',
        'LOCKED_OUT',
        'ACTIVE',
        'LOCKED_OUT',
      ])
      const lines = await resultsOf(place, await otherRun(place, retried))
      expect(lines.map(({ result, run_taken_back: run }) => [result, run])).toEqual([
        ['succeeded', runId],
        ['succeeded', retried],
        ['skipped', runId],
      ])
      expect(lines[2]?.message).toContain(`run ${runId} left this user SUSPENDED at`)
    })
  })

  it('takes back a retry alone, and says so, when the run before it is not there any more', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      let refuses = true
      const org = await place.org({
        users,
        fault: ({ action, key }) =>
          refuses && action === 'suspend' && key === users[1]?.id ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      refuses = false
      await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
      const retried = await otherRun(place)
      await rm(join(place.directory, 'runs', runId), { recursive: true })
      const end = await place.runHere(org, ['undo', retried, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toContain(`Run ${runId} was retried too. What it did is not taken back: `)
      expect([...org.org.users.values()].map(({ status }) => status)).toEqual(['SUSPENDED', 'ACTIVE'])
    })
  })

  it.each([
    ['leaves alone whom a retry may only have put back where they were before a run that is away', true],
    ['knows from both runs whom a retry has put back', false],
  ])('%s', async (_, isAway) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 1 })
      let refuses = true
      const org = await place.org({
        users,
        fault: ({ action }) => (refuses && action === 'unsuspend' ? { name: 'forbidden' } : null),
      })
      const login = users[0]?.login ?? ''
      await place.write('in.csv', `user,action\n${login},suspend\n${login},unsuspend\n`)
      await place.runHere(org, ['run', 'in.csv', ...unattended])
      refuses = false
      await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
      expect([...org.org.users.values()].map(({ status }) => status)).toEqual(['ACTIVE'])
      const retried = await otherRun(place)
      if (isAway) await rm(join(place.directory, 'runs', runId), { recursive: true })
      const end = await place.runHere(org, ['undo', retried, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(isAway ? 1 : 0)
      expect(end.stderr).toContain(
        isAway
          ? '1 user is left alone as well: a user may have had several actions'
          : '1 user is left as they are',
      )
      expect([...org.org.users.values()].map(({ status }) => status)).toEqual(['ACTIVE'])
    })
  })

  it('leaves as they are users whom a suspension that did not hold at first, and the run itself, have led back', async () => {
    await withWorkplace(async (place) => {
      const [person] = makeUsers({ count: 1 })
      const journal = join(place.directory, 'runs', runId, 'journal.ndjson')
      const hasResult = (): boolean => readFileSync(journal, 'utf8').includes('"event":"result","row":1')
      let org: ForeignOrg | null = null
      let isShown = false
      // Okta shows the suspension only once the run has given up looking for it.
      const created = await place.org({
        users: person === undefined ? [] : [person],
        fault: ({ method }) => {
          const user = org?.org.users.get(person?.id ?? '')
          if (isShown || method !== 'GET' || !org?.applied[`${user?.id} suspend`] || user === undefined)
            return null
          user.status = 'ACTIVE'
          setTimeout(() => {
            isShown ||= hasResult()
            if (isShown) user.status = 'SUSPENDED'
          }, 200)
          return { name: 'slow', afterMilliseconds: 300 }
        },
      })
      org = created
      await place.write('in.csv', `user,action\n${person?.login},suspend\n${person?.login},unsuspend\n`)
      await place.write('job.yaml', 'name: leavers\nverify: { for: 1s }\n')
      await place.runHere(created, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect((await resultsOf(place, runId)).map(({ result }) => result)).toEqual(['failed', 'succeeded'])
      const end = await place.runHere(created, ['undo', runId, '--yes', '--quiet'])
      expect(end.stderr).toContain('1 user is left as they are')
      expect([...created.org.users.values()].map(({ status }) => status)).toEqual(['ACTIVE'])
    })
  })

  it('names a call that did not hold, which it leaves alone, and ends with 1', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      let org: ForeignOrg | null = null
      const created = await place.org({
        users,
        // An import takes the second suspension back as soon as it is looked at.
        fault: ({ method, key }) => {
          const user = org?.org.users.get(key ?? '')
          if (method === 'GET' && user?.id === users[1]?.id && user?.status === 'SUSPENDED')
            user.status = 'ACTIVE'
          return null
        },
      })
      org = created
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.write('job.yaml', 'name: leavers\naction: suspend\nverify: true\n')
      const run = await place.runHere(created, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(run.code, run.stderr).toBe(1)
      const end = await place.runHere(created, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toContain('1 call that Okta accepted had no lasting effect when the run looked')
      expect([...created.org.users.values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE'])
    })
  })

  it('settles what is unsettled first, and keeps what was not done from being done', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 40 })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 12)
      cli.kill('SIGKILL')
      await cli.ended
      const suspended = Object.keys(org.applied).length
      const end = await place.run(org, ['undo', runId, '--yes', '--quiet'], impatient)
      expect(end.stderr).toMatch(/That run still has \d+ tasks to do/)
      expect(suspended).toBeLessThan(40)
      expect(statusesOf(org)).toEqual({ ACTIVE: 40 })
      expect((await place.runHere(org, ['resume', runId])).code).toBe(2)
    })
  })

  it.each(['undo', 'retry'])(
    '%s that is stopped while it settles names itself as what to type',
    async (command) => {
      await withWorkplace(async (place) => {
        const users = makeUsers({ count: 20 })
        const org = await place.org({ users, latencyMs: 50 })
        await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
        const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
        await org.waitUntil(() => Object.keys(org.applied).length >= 5)
        cli.kill('SIGKILL')
        await cli.ended
        // What was sent is given 30 s to arrive: long enough to stop the wait for it.
        const settling = place.start(org, [command, runId, '--yes', '--quiet'])
        await settling.says(/unsettled calls/)
        const before = org.requests.length
        await org.waitUntil(() => org.requests.length > before)
        settling.kill('SIGTERM')
        const end = await settling.ended
        expect(end.code, end.stderr).toBe(143)
        expect(end.stderr).toContain('could not be settled: SIGTERM was received')
        expect(end.stderr).toContain(`→ okta-lifecycle ${command} ${runId}`)
        expect(end.stderr).not.toContain('okta-lifecycle resume')
        expect(await place.runs()).toEqual([runId])
      })
    },
  )

  it('settles a run that it can’t take back and does not close it: what was left is done by resume', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 30 })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['run', 'in.csv', '--action', 'deactivate', ...unattended], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 8)
      cli.kill('SIGKILL')
      await cli.ended
      const end = await place.run(org, ['undo', runId, '--yes', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(1)
      expect(end.stderr).toMatch(/still has \d+ tasks to do\. It is not closed: resume and retry of/)
      const run = JSON.parse(await place.read(`runs/${runId}/run.json`))
      expect(run).toMatchObject({ state: 'interrupted', input_passed: true })
      expect(run).not.toHaveProperty('closed_by')
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      expect(summary).toMatchObject({ state: 'interrupted', exit_code: 1 })
      const resumed = await place.run(org, ['resume', runId, '--quiet'], impatient)
      expect(resumed.code, resumed.stderr).toBe(0)
      expect(statusesOf(org)).toEqual({ DEPROVISIONED: 30 })
      expect(Object.values(org.applied)).toEqual(Array(30).fill(1))
    })
  })

  it('leaves what it could not take back to its retry, and never to a new run, which would not look who has changed it', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3 })
      const refused = users[0]?.id
      const org = await place.org({
        users,
        fault: ({ action, key }) =>
          action === 'unsuspend' && key === refused ? { name: 'forbidden' } : null,
      })
      await runOver(place, org, users, 'suspend')
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet', '--accept-refusals'])
      expect(end.code, end.stderr).toBe(1)
      const undo = await otherRun(place)
      expect(countsOf((await resultsOf(place, undo)).map(({ result }) => result))).toEqual({
        succeeded: 2,
        failed: 1,
      })
      expect(parseCsv(await place.read(`runs/${undo}/failed.csv`))).toEqual([])
      expect(end.stdout).not.toContain('Rows to feed again')
      expect(end.stdout).toContain(`okta-lifecycle retry ${undo}`)
    })
  })

  it('killed and resumed takes nothing back twice', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 40 })
      let later = 0
      const org = await place.org({ users, latencyMs: 20, now: () => Date.now() + later })
      await runOver(place, org, users, 'suspend')
      // Okta shows whole seconds: a call in the second of the change before it could not be settled.
      later = 5_000
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['undo', runId, '--yes', '--quiet'], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 52)
      cli.kill('SIGKILL')
      await cli.ended
      const end = await place.run(org, ['resume', await otherRun(place), '--quiet'], impatient)
      expect(end.code, end.stderr + end.stdout).toBe(0)
      expect(Object.values(org.applied)).toEqual(Array(80).fill(1))
      expect(statusesOf(org)).toEqual({ ACTIVE: 40 })
    })
  })
})
