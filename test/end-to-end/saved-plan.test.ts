import { mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { foreignStatuses, loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const planned = ['run', '--plan', 'plan.json', ...unattended] as const

/** The lifecycle calls that arrived, of whatever outcome. */
function lifecycleCalls(org: ForeignOrg): readonly string[] {
  return org.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)
}

/** Ten ACTIVE users in a CSV, to be suspended by a job, and the plan of it. */
async function tenPlanned(place: Workplace, more: readonly string[] = []): Promise<ForeignOrg> {
  const users = makeUsers({ count: 10 })
  const org = await place.org({ users })
  await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
  await place.write('list.txt', 'ceo@*\n')
  await place.write('job.yaml', 'name: j\naction: suspend\nguards: { protect_file: list.txt }\n')
  const end = await place.runHere(org, ['plan', 'in.csv', '--job', 'job.yaml', '--out', 'plan.json', ...more])
  expect(end.code, end.stderr).toBe(0)
  expect(lifecycleCalls(org)).toEqual([])
  return org
}

describe('a saved plan', () => {
  it('is private, and carried out row by row as it says: 480 users in every status', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 480, status: foreignStatuses })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id, login }, index) => (index % 2 ? id : login))))
      await place.write(
        'job.yaml',
        'name: j\nsteps: [{ action: suspend, if_failed: go_on }, deactivate]\norder: step\n',
      )
      const end = await place.runHere(org, [
        'plan',
        'in.csv',
        '--job',
        'job.yaml',
        '--out',
        'plan.json',
        '--json',
        '--quiet',
      ])
      expect(end.code, end.stderr).toBe(0)
      expect(lifecycleCalls(org)).toEqual([])
      expect((await stat(join(place.directory, 'plan.json'))).mode & 0o777).toBe(0o600)
      expect(await place.read('plan.json')).not.toContain(org.token)
      const { rows, totals, requests } = JSON.parse(end.stdout)
      expect(totals).toMatchObject({ users: 420, deactivated_users: 420, tasks: 960 })
      const run = await place.runHere(org, planned)
      // Suspensions that fail are allowed for, and every deactivation succeeds.
      expect(run.code, run.stderr).toBe(0)
      const lines = await place.results()
      expect(lines).toHaveLength(960)
      for (const [index, task] of rows.entries()) {
        const { result, message, okta_login: login } = lines[index] ?? {}
        expect({ row: task.row, step: task.step, result, login }).toEqual({
          row: task.row,
          step: task.step,
          result: task.expected,
          login: task.okta_login,
        })
        if (task.expected !== 'succeeded') expect(message).toBe(task.reason)
      }
      expect(lifecycleCalls(org)).toHaveLength(requests.lifecycle)
    })
  })

  it('whose guards need a scope that is missing is refused, and no flag is offered that it refuses', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place, ['--protect-admins'])
      const before = org.requests.length
      const scopes = Buffer.from(JSON.stringify({ scp: ['okta.users.manage'] })).toString('base64url')
      const env = { OKTA_CLIENT_AUTHORIZATIONMODE: 'Bearer', OKTA_CLIENT_TOKEN: `e30.${scopes}.c2ln` }
      const end = await place.runHere(org, planned, { env })
      expect([end.code, org.requests.length], end.stderr).toEqual([2, before])
      expect(end.stderr).toContain('The credentials lack okta.roles.read')
      expect(end.stderr).toContain('okta-lifecycle plan … --no-protect-admins --out plan.json')
      expect(end.stderr).not.toContain('turns that guard off')
    })
  })

  it('leaves alone whom someone has changed since, says both facts, and does the rest', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      const locked = org.org.users.get(userIdOf(3))
      const there = org.org.users.get(userIdOf(5))
      if (locked === undefined || there === undefined) throw new Error('The users are not there.')
      locked.status = 'LOCKED_OUT'
      locked.statusChanged = '2026-02-03T04:05:06.000Z'
      // Away and back: only the time tells.
      there.statusChanged = '2026-02-04T04:05:06.000Z'
      const end = await place.runHere(org, planned)
      expect(end.code).toBe(1)
      const lines = await place.results()
      expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: 8, skipped: 2 })
      expect(lines[2]?.message).toBe(
        'user was ACTIVE (since 2026-01-12T09:30:00.000Z) in the plan and is now LOCKED_OUT (since 2026-02-03T04:05:06.000Z)',
      )
      expect(lines[4]?.message).toMatch(/is now ACTIVE \(since 2026-02-04T04:05:06\.000Z\)$/)
      expect(lifecycleCalls(org)).toHaveLength(8)
      expect(end.stdout).toMatch(/2 .*because the user is not as the plan found it/)
    })
  })

  it('sends nothing for what it did not expect to be sent, whatever has come true since', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2, status: ['ACTIVE', 'SUSPENDED'] }) })
      await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2), loginOf(3)]))
      const args = ['in.csv', '--action', 'suspend', '--out', 'plan.json', '--quiet']
      expect((await place.runHere(org, ['plan', ...args])).code).toBe(0)
      // Who was not found comes into being, and who was there already is not any more.
      const [third] = makeUsers({ count: 1, first: 3 })
      const second = org.org.users.get(userIdOf(2))
      if (third === undefined || second === undefined) throw new Error('The users are not there.')
      const users = org.org.users as Map<string, typeof third>
      users.set(third.id, third)
      const names = org.org.names as Map<string, readonly string[]>
      names.set(third.login, [third.id])
      second.status = 'ACTIVE'
      const end = await place.runHere(org, planned)
      expect(end.code).toBe(1)
      const lines = await place.results()
      expect(lines.map(({ result }) => result)).toEqual(['succeeded', 'skipped', 'skipped'])
      expect(lines[2]?.message).toMatch(
        /the plan sends nothing here: it expected failed \(user user3@example\.com was not found/,
      )
      expect(lifecycleCalls(org)).toEqual([`/api/v1/users/${userIdOf(1)}/lifecycle/suspend`])
    })
  })

  it('announces what it sends, and leaves what has become due since for another run', async () => {
    await withWorkplace(async (place) => {
      let ahead = 0
      const org = await place.org({
        users: makeUsers({ count: 5, status: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'SUSPENDED'] }),
        now: () => Date.now() + ahead,
      })
      const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
      const days = [day(-1), day(1), day(1), day(90), day(-1)]
      const rows = days.map((at, index) => `${loginOf(index + 1)},${at}`)
      await place.write('in.csv', ['user,day', ...rows, `${loginOf(2)},${day(-1)}`, ''].join('\n'))
      await place.write(
        'job.yaml',
        'name: due\nsteps: [suspend, deactivate]\ninput: { file: in.csv, due: { column: day } }\n',
      )
      const plan = await place.runHere(org, ['plan', '--job', 'job.yaml', '--out', 'plan.json', '--quiet'])
      expect(plan.code, plan.stderr).toBe(0)
      ahead = 2 * 86_400_000
      const end = await place.runHere(org, planned)
      expect(end.code, end.stdout).toBe(0)
      expect(end.stderr).toContain('Up to 5 calls for 3 users in ')
      expect(end.stderr).toContain(' (2 suspend, 3 deactivate); Okta sends no mail.')
      const lines = await place.results()
      expect(lines.map(({ row, result }) => `${row} ${result}`)).toEqual([
        ...['1 succeeded', '1 succeeded', '2 skipped', '2 skipped', '3 skipped', '3 skipped'],
        ...['4 skipped', '4 skipped', '5 unchanged', '5 succeeded', '6 succeeded', '6 succeeded'],
      ])
      for (const { row, message } of lines) {
        if (row === '2' || row === '3') expect(message).toMatch(/^not due when the plan was made; /)
        if (row === '4') expect(message).toMatch(/^not due until /)
      }
      expect(await place.read(`runs/${runId}/summary.json`)).toContain('"not_due": 3')
      expect(lifecycleCalls(org)).toHaveLength(5)
    })
  })

  it('follows its own steps and rows, and notices what someone does in between', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      let changeAfter = false
      const org = await place.org({
        users,
        fault: ({ key, action }) => {
          if (action === 'suspend' && key === userIdOf(2)) changeAfter = true
          if (changeAfter && action === null && key === loginOf(2)) {
            const user = org.org.users.get(userIdOf(2))
            if (user !== undefined) user.status = 'LOCKED_OUT'
          }
          return null
        },
      })
      await place.write(
        'in.csv',
        usersCsv([
          [userIdOf(1), 'suspend'],
          [userIdOf(2), 'suspend'],
          [loginOf(1), 'unsuspend'],
          [userIdOf(1), 'deactivate'],
          [loginOf(2), 'deactivate'],
        ]),
      )
      expect((await place.runHere(org, ['plan', 'in.csv', '--out', 'plan.json'])).code).toBe(0)
      const end = await place.runHere(org, planned)
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      expect(lines.map(({ result }) => result)).toEqual([
        'succeeded',
        'succeeded',
        'succeeded',
        'succeeded',
        'skipped',
      ])
      expect(lines[4]?.message).toMatch(/left the user SUSPENDED, but now the user is LOCKED_OUT/)
    })
  })

  it('knows after a stop where the run had led a user before it', async () => {
    await withWorkplace(async (place) => {
      let dead = true
      const org = await place.org({
        users: makeUsers({ count: 1 }),
        fault: ({ action }) => (dead && action === 'deactivate' ? { name: 'invalidToken' } : null),
      })
      await place.write(
        'in.csv',
        usersCsv([
          [userIdOf(1), 'suspend'],
          // This changes no status: where the first row has led the user counts after it too.
          [loginOf(1), 'reset_factors'],
          [userIdOf(1), 'deactivate'],
        ]),
      )
      expect((await place.runHere(org, ['plan', 'in.csv', '--out', 'plan.json', '--quiet'])).code).toBe(0)
      expect((await place.runHere(org, planned)).code).toBe(4)
      dead = false
      // A retry would do the rest without the plan.
      const retried = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
      expect([retried.code, await place.runs()]).toEqual([2, [runId]])
      expect(retried.stderr).toContain(`okta-lifecycle resume ${runId}`)
      const end = await place.runHere(org, ['resume', runId, '--quiet'])
      expect(end.code, end.stderr).toBe(0)
      expect((await place.results()).map(({ result }) => result)).toEqual(Array(3).fill('succeeded'))
    })
  })

  it('takes refused users for failed if the plan was told so', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 12 })
      const org = await place.org({
        users,
        fault: ({ key }) => (key === null || key === 'me' ? null : { name: 'forbidden' }),
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const plan = ['plan', 'in.csv', '--action', 'suspend', '--quiet', '--out', 'plan.json']
      expect((await place.runHere(org, plan)).code).toBe(4)
      expect((await place.runHere(org, [...plan, '--accept-refusals'])).code).toBe(0)
      expect((await place.runHere(org, planned)).code).toBe(1)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ failed: 12 })
      expect(lifecycleCalls(org)).toEqual([])
    })
  })

  it('can be taken back once it is done', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      expect((await place.runHere(org, planned)).code).toBe(0)
      const end = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(0)
      expect(countsOf([...org.org.users.values()].map(({ status }) => status))).toEqual({ ACTIVE: 10 })
    })
  })

  it('is not held up by what others keep beside the runs, but by a run that nobody can read', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      await mkdir(join(place.directory, 'runs', 'terraform'), { recursive: true })
      await place.write('runs/terraform/plan.json', '{"format_version":"1.2"}')
      await place.write('runs/terraform/run.json', '{"run_id":"r')
      const held = await place.runHere(org, planned)
      expect([held.code, lifecycleCalls(org)]).toEqual([2, []])
      expect(held.stderr).toMatch(
        /carried out already: .*terraform.*\n→ Restore .*terraform from a backup, or move it elsewhere/,
      )
      await place.write('runs/terraform/run.json', '{"version":4}')
      expect((await place.runHere(org, planned)).code).toBe(0)
      expect(lifecycleCalls(org)).toHaveLength(10)
      await rm(join(place.directory, 'runs', 'terraform'), { recursive: true })
    })
  })

  it('is held up by a run of it that has lost its run.json', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      expect((await place.runHere(org, planned)).code).toBe(0)
      const runs = join(place.directory, 'runs')
      const [name] = (await readdir(runs)).filter((one) => !one.startsWith('.'))
      const directory = join(runs, name ?? '')
      await rm(join(directory, 'run.json'))
      const again = ['run', '--plan', 'plan.json', '--yes', '--run-id', 'other']
      const known = await place.runHere(org, again)
      expect([known.code, lifecycleCalls(org).length]).toEqual([2, 10])
      expect(known.stderr).toMatch(/A plan is carried out only once/)
      await place.write(join('runs', name ?? '', 'plan.json'), '{')
      const held = await place.runHere(org, again)
      expect([held.code, lifecycleCalls(org).length]).toEqual([2, 10])
      expect(held.stderr).toMatch(/carried out already: .* has a journal but no run\.json/)
      await rm(join(directory, 'plan.json'))
      expect([(await place.runHere(org, again)).code, lifecycleCalls(org).length]).toEqual([2, 10])
    })
  })

  it('is held up by a link to a disk that is not there', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      const runs = join(place.directory, 'runs')
      await mkdir(runs, { recursive: true })
      for (const target of ['/nowhere/one', 'one']) {
        await symlink(target, join(runs, 'one'))
        const held = await place.runHere(org, planned)
        expect([held.code, lifecycleCalls(org)], held.stderr).toEqual([2, []])
        expect(held.stderr).toMatch(/not known whether the plan was carried out already: .*one/)
        await rm(join(runs, 'one'))
      }
      // A name that begins with a dot is not a run.
      await symlink('/nowhere/one', join(runs, '.one'))
      expect((await place.runHere(org, planned)).code).toBe(0)
      await rm(join(runs, '.one'))
    })
  })

  it('is done once in a runs directory', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      expect((await place.runHere(org, planned)).code).toBe(0)
      const again = await place.runHere(org, ['run', '--plan', 'plan.json', '--yes', '--run-id', 'other'])
      expect(again.code).toBe(2)
      expect(again.stderr).toMatch(/A plan is carried out only once, and run run has taken this one up/)
      expect(await place.runs()).toEqual([runId])
      // Also where run.json of that run is damaged: its copy of the plan tells.
      await place.write(`runs/${runId}/run.json`, '{')
      expect((await place.runHere(org, ['run', '--plan', 'plan.json', '--yes'])).code).toBe(2)
      expect(lifecycleCalls(org)).toHaveLength(10)
    })
  })
})

/** Ways around a plan: each spoils one thing and may give other arguments or another org. */
type WayAround = readonly [
  name: string,
  words: RegExp,
  spoil: (
    place: Workplace,
  ) => Promise<readonly string[] | { readonly env: Record<string, string> } | undefined>,
]

function replacing(from: string | RegExp, to: string): WayAround[2] {
  return async (place) => {
    const text = await place.read('plan.json')
    const spoiled = text.replace(from, to)
    expect(spoiled).not.toBe(text)
    await place.write('plan.json', spoiled)
    return undefined
  }
}

function withFlags(...flags: string[]): WayAround[2] {
  return async () => flags
}

const notAsWritten = /not as okta-lifecycle wrote it/
const waysAround: readonly WayAround[] = [
  ['another expectation', notAsWritten, replacing('"expected":"succeeded"', '"expected":"unknown"')],
  ['another user', notAsWritten, replacing(userIdOf(4), userIdOf(11))],
  ['another status', notAsWritten, replacing('"seen":{"id"', '"seen": {"id"')],
  ['another action in the job', notAsWritten, replacing('"action":"suspend"', '"action":"deactivate"')],
  ['a guard taken out', notAsWritten, replacing('"ceo@*"', '')],
  [
    'another org in it',
    notAsWritten,
    replacing(/"org_url":"[^"]*"/, '"org_url":"https://other.example.com"'),
  ],
  ['another owner in it', notAsWritten, replacing(/"owner":\{[^}]*\}/, '"owner":"none"')],
  [
    'another checksum',
    notAsWritten,
    replacing(/"sha256":"[0-9a-f]{64}"\}\n$/, `"sha256":"${'0'.repeat(64)}"}\n`),
  ],
  ['another id', notAsWritten, replacing(/"plan_id":"/, '"plan_id":"f')],
  ['a row taken out', notAsWritten, replacing(/\{"row":7.*\n/, '')],
  ['a row twice', notAsWritten, replacing(/(\{"row":7.*\n)/, '$1$1')],
  ['two rows in another order', notAsWritten, replacing(/(\{"row":7.*\n)(\{"row":8.*\n)/, '$2$1')],
  ['a row added', notAsWritten, replacing(/(\{"row":)10(,.*)\n/, '$110$2,\n$111$2\n')],
  ['another version', notAsWritten, replacing('"okta_lifecycle_plan":1', '"okta_lifecycle_plan":2')],
  ['a part of it', notAsWritten, replacing(/\{"row":5[\s\S]*$/, '')],
  ['something after it', notAsWritten, replacing(/$/, '\n')],
  ['no plan at all', notAsWritten, async (place) => void (await place.write('plan.json', '{"rows":[]}\n'))],
  [
    'no file',
    /can't be read/,
    async (place) => void (await rename(join(place.directory, 'plan.json'), join(place.directory, 'x'))),
  ],
  [
    'an input with another user',
    /input .*in\.csv has changed/,
    async (place) => void (await place.write('in.csv', usersCsv([userIdOf(1)]))),
  ],
  [
    'an input with one byte more',
    /input .*in\.csv has changed/,
    async (place) => void (await place.write('in.csv', `${await place.read('in.csv')}\n`)),
  ],
  [
    'a link to another input in place of it',
    /input .*in\.csv has changed/,
    async (place) => {
      await place.write('other.csv', usersCsv([userIdOf(11)]))
      await rm(join(place.directory, 'in.csv'))
      await symlink('other.csv', join(place.directory, 'in.csv'))
      return undefined
    },
  ],
  [
    'a link to another job in place of it',
    /job file .*job\.yaml has changed/,
    async (place) => {
      await place.write('other.yaml', 'name: j\naction: deactivate\n')
      await rm(join(place.directory, 'job.yaml'))
      await symlink('other.yaml', join(place.directory, 'job.yaml'))
      return undefined
    },
  ],
  [
    'no input',
    /input of the plan.*can't be read/,
    async (place) => void (await rename(join(place.directory, 'in.csv'), join(place.directory, 'y'))),
  ],
  [
    'another job',
    /job file .*job\.yaml has changed/,
    async (place) => void (await place.write('job.yaml', 'name: j\naction: deactivate\n')),
  ],
  [
    'another list of the protected',
    /list of protected users .*list\.txt has changed/,
    async (place) => void (await place.write('list.txt', 'cfo@*\n')),
  ],
  ['another input on the command line', /the input other\.csv was given too/, withFlags('other.csv')],
  ['an action', /--action was given too/, withFlags('--action', 'deactivate')],
  ['a job', /--job was given too/, withFlags('--job', 'job.yaml')],
  ['a guard', /--max-users was given too/, withFlags('--max-users', '1000')],
  ['a way to read', /--no-read was given too/, withFlags('--no-read')],
  ['a way to take refusals', /--accept-refusals was given too/, withFlags('--accept-refusals')],
  ['a sandbox', /--sandbox was given too/, withFlags('--sandbox')],
  ['a pace out of range', /--share/, withFlags('--share', '2')],
  ['another plan as well', /more than once/, withFlags('--plan', 'plan.json')],
]

describe('a way around a saved plan is refused with 2, nothing is sent and nothing left behind:', () => {
  it.each(waysAround)('%s', async (_name, words, spoil) => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place, ['--quiet'])
      const more = await spoil(place)
      const end = await place.runHere(org, [...planned, ...(Array.isArray(more) ? more : [])])
      expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 2 })
      expect(end.stderr).toMatch(words)
      expect(lifecycleCalls(org)).toEqual([])
      expect(await place.runs()).toEqual([])
    })
  })

  it('another org, or a token of another owner', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      const other = await place.org({ users: makeUsers({ count: 10 }) })
      const elsewhere = await place.runHere(other, planned)
      expect(elsewhere.code).toBe(2)
      expect(elsewhere.stderr).toMatch(/plan was made for .* but the org that is set now/)
      expect(other.requests).toEqual([])
      const plan = await place.read('plan.json')
      expect(plan).toContain(org.url)
      await org.close()
    })
    await withWorkplace(async (place) => {
      let asked = 0
      const users = makeUsers({ count: 11 })
      const org = await place.org({ users, ownerId: userIdOf(11) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--out', 'plan.json'])
      expect(end.code, end.stderr).toBe(0)
      asked = org.requests.length
      const owner = org.org.users.get(userIdOf(11))
      if (owner !== undefined) Object.assign(owner, { id: userIdOf(12) })
      const run = await place.runHere(org, planned)
      expect(run.code).toBe(2)
      expect(run.stderr).toMatch(/made with a token of user11@example.com, but the token that is set now/)
      expect(org.requests.slice(asked).map(({ path }) => path)).toEqual(['/api/v1/users/me'])
      expect(await place.runs()).toEqual([])
    })
  })

  it('a second process at the same time', async () => {
    await withWorkplace(async (place) => {
      const org = await tenPlanned(place)
      const both = ['a', 'b'].map((id) =>
        place.run(org, ['run', '--plan', 'plan.json', '--yes', '--run-id', id]),
      )
      const codes = (await Promise.all(both)).map(({ code }) => code).sort()
      expect(codes[0]).toBe(0)
      expect([2, 5]).toContain(codes[1])
      expect(lifecycleCalls(org)).toHaveLength(10)
    })
  })
})

describe('plan --out', () => {
  it.each([
    ['standard input', ['-', '--action', 'suspend'], /standard input can’t be saved/],
    ['a sandbox', ['in.csv', '--action', 'suspend', '--sandbox'], /sandbox can’t be saved/],
    ['a plan without reads', ['in.csv', '--action', 'suspend', '--no-read'], /reads no users can’t be saved/],
  ])('refuses %s', async (_name, args, words) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['plan', ...args, '--out', 'plan.json'])
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(words)
      expect(org.requests).toEqual([])
    })
  })

  it('writes over no file but an earlier plan, and leaves none behind where it stops early', async () => {
    await withWorkplace(async (place) => {
      let refused = false
      const org = await place.org({
        users: makeUsers({ count: 40 }),
        fault: ({ key }) => (refused && key === userIdOf(30) ? { name: 'invalidToken' } : null),
      })
      const input = usersCsv(makeUsers({ count: 40 }).map(({ id }) => id))
      await place.write('in.csv', input)
      const plan = ['plan', 'in.csv', '--action', 'suspend', '--quiet', '--out']
      const over = await place.runHere(org, [...plan, 'in.csv'])
      expect(over.code).toBe(2)
      expect(over.stderr).toMatch(/in\.csv exists and is not a saved plan/)
      expect(await place.read('in.csv')).toBe(input)
      const nowhere = await place.runHere(org, [...plan, 'nowhere/plan.json'])
      expect(nowhere.code).toBe(2)
      expect(nowhere.stderr).toMatch(/nowhere\/plan\.json can't be written.*\n.*choose another --out FILE/)
      expect((await place.runHere(org, [...plan, 'plan.json'])).code).toBe(0)
      const first = await place.read('plan.json')
      expect((await place.runHere(org, [...plan, 'plan.json'])).code).toBe(0)
      const second = await place.read('plan.json')
      expect(second).not.toBe(first)
      refused = true
      expect((await place.runHere(org, [...plan, 'plan.json'])).code).toBe(4)
      expect(await place.read('plan.json')).toBe(second)
    })
  })
})
