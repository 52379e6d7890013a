import { describe, expect, it } from 'vitest'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

describe('the owner of the token', () => {
  it.each([
    ['is never acted on', []],
    ['is never acted on without reads either', ['--no-read']],
  ])('%s', async (_, flags) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }), ownerId: userIdOf(2) })
      const names = [userIdOf(2), loginOf(2), 'USER2@EXAMPLE.COM', 'user2', '\u00a0user2\u200b']
      // Without reads, ids alone are taken.
      const owner = flags.length === 0 ? names : names.slice(0, 1)
      const actions = ['deactivate', 'suspend', 'reset_factors', 'unlock', 'activate']
      await place.write(
        'in.csv',
        usersCsv([
          [userIdOf(1), 'suspend'],
          ...owner.map((key, index) => [key, actions[index] ?? ''] as const),
          [userIdOf(3), 'deactivate'],
        ]),
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--short-names', ...unattended, ...flags])
      // Somebody put the owner into the file: someone must look.
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      const results = lines.map(({ result }) => result)
      expect(results).toEqual(['succeeded', ...owner.map(() => 'skipped'), 'succeeded'])
      for (const line of lines.slice(1, -1)) expect(line.message).toMatch(/token/)
      expectAppliedOnce(org.applied, [`${userIdOf(1)} suspend`, `${userIdOf(3)} deactivate`])
      const called = org.requests.flatMap(({ action, key }) => (action === null ? [] : [key]))
      expect(called.sort()).toEqual([userIdOf(1), userIdOf(3)])
    })
  })

  it.each(['forbidden', 'not_found'] as const)(
    'is nobody for an access token that says itself that it is a service app’s (%s): said once, and the run goes on',
    async (ownerRefusal) => {
      await withWorkplace(async (place) => {
        const scp = ['okta.users.manage', 'okta.roles.read']
        const claims = { sub: '0oaFictionalApp', cid: '0oaFictionalApp', scp }
        const token = ['{}', JSON.stringify(claims), 'signature'].map(encoded).join('.')
        const org = await place.org({ users: makeUsers({ count: 1 }), ownerId: null, ownerRefusal, token })
        await place.write('in.csv', usersCsv([userIdOf(1)]))
        const bearer = { env: { OKTA_CLIENT_AUTHORIZATIONMODE: 'Bearer' } }
        const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], bearer)
        expect(end.code, end.stderr).toBe(0)
        expect(end.stderr.match(/service app/g)).toHaveLength(1)
        expect(JSON.parse(await place.read(`runs/${runId}/run.json`)).owner).toBe('none')
      })
    },
  )
})

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}

it('protects whom the job names by id, login, short name or pattern, in any spelling', async () => {
  await withWorkplace(async (place) => {
    const named = [
      'ceo@example.com',
      'René.Dupont@example.com',
      'a.chair@board.example.com',
      'Member.Two@BOARD.example.com',
      'not-on@board.example.com.evil.example',
      'board.example.com@example.com',
      'boss@example.com',
      'free@example.com',
    ]
    const users = makeUsers({ count: named.length }).map((user, at) => ({ ...user, login: named[at] ?? '' }))
    const org = await place.org({ users })
    await place.write('in.csv', usersCsv(users.map(({ id, login }, index) => (index % 2 === 0 ? id : login))))
    await place.write(
      'job.yaml',
      `name: j
action: deactivate
guards:
  protect: [CEO@example.com, rene.dupont@example.com, '*@board.example.com', boss, ${userIdOf(5)}]
`,
    )
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines.map(({ result }) => result)).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'skipped',
      'skipped',
      'succeeded',
      'skipped',
      'succeeded',
    ])
    for (const { result, message } of lines) if (result === 'skipped') expect(message).toMatch(/protected/)
    expectAppliedOnce(
      org.applied,
      [6, 8].map((number) => `${userIdOf(number)} deactivate`),
    )
  })
})

it('acts only on users in the statuses that the job allows, and ends as a success', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 4, status: ['ACTIVE', 'LOCKED_OUT', 'STAGED', 'DEPROVISIONED'] }),
    })
    await place.write('in.csv', usersCsv([1, 2, 3, 4].map(userIdOf)))
    await place.write('job.yaml', 'name: j\naction: deactivate\nguards: { only_status: [ACTIVE, STAGED] }\n')
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    const lines = await place.results()
    expect(lines.map(({ result }) => result)).toEqual(['succeeded', 'skipped', 'succeeded', 'skipped'])
    expect(lines[1]?.message).toMatch(/LOCKED_OUT.*ACTIVE.*STAGED/)
    expectAppliedOnce(org.applied, [`${userIdOf(1)} deactivate`, `${userIdOf(3)} deactivate`])
  })
})

it('refuses a guard that needs reads together with --no-read', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', usersCsv([userIdOf(1)]))
    await place.write('job.yaml', 'name: j\naction: suspend\nguards: { protect: [ceo@example.com] }\n')
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', '--no-read', ...unattended])
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/--no-read/)
    expect(org.requests).toEqual([])
  })
})

it('skips invalid rows where that was asked for, and does the rest', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2 }) })
    await place.write(
      'in.csv',
      'user,action,note\nuser1,suspend,a\nme,suspend,=b\nuser2,explode,c\nuser2,suspend,d\nshort\n',
    )
    const end = await place.runHere(org, ['run', 'in.csv', '--skip-invalid', '--short-names', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines.map(({ row, result }) => `${row} ${result}`)).toEqual([
      '1 succeeded',
      '2 skipped',
      '3 skipped',
      '4 succeeded',
      '5 skipped',
    ])
    expect(lines[1]).toMatchObject({ user: 'me', action: 'suspend' })
    expect(lines[2]).toMatchObject({
      user: 'user2',
      action: 'explode',
      message: expect.stringContaining('explode'),
    })
    expect(await place.read(`runs/${runId}/failed.csv`)).toEqual(
      expect.stringMatching(
        /^user,action,note,why\nme,suspend,'=b,.*token.*\nuser2,explode,c,.*explode.*\nshort,"not read: .*"\n$/,
      ),
    )
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary).toMatchObject({ rows: 5, tasks: 5, skipped: { invalid_row: 3 } })
  })
})

it('sends without a read where none is wanted, and reads refusals instead', async () => {
  await withWorkplace(async (place) => {
    const statuses = ['ACTIVE', 'SUSPENDED', 'LOCKED_OUT'] as const
    const org = await place.org({ users: makeUsers({ count: 3, status: statuses }) })
    await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2), userIdOf(3), userIdOf(4)]))
    const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', '--no-read', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines.map(({ result, attempts }) => `${result} ${attempts}`)).toEqual([
      'succeeded 1',
      'unchanged 1',
      'failed 1',
      'failed 1',
    ])
    expect(lines[2]?.message).toMatch(/LOCKED_OUT.*ACTIVE/)
    expect(lines[3]?.message).toMatch(/not found/)
    const first = org.requests.filter(({ key }) => key === userIdOf(1))
    expect(first.map(({ method }) => method)).toEqual(['POST'])
  })
})

it('after a stop, whom the job does not select is left alone, and stands in no failed.csv', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 4 })
    const org = await place.org({ users })
    const rows = users.map(({ login }, index) => `${login},${index % 2 === 0 ? 'Leaving' : 'Here'}`)
    await place.write('in.csv', `login,st\n${rows.join('\n')}\n`)
    await place.write(
      'job.yaml',
      'name: leavers\naction: suspend\ninput: { file: in.csv, where: { st: [Leaving] } }\nguards: { max_users: 1 }\n',
    )
    const end = await place.runHere(org, ['run', '--job', 'job.yaml', ...unattended])
    expect([end.code, Object.keys(org.applied)]).toEqual([3, []])
    const lines = await place.results()
    expect(lines.map(({ result }) => result)).toEqual(['not_run', 'skipped', 'not_run', 'skipped'])
    expect(await place.read(`runs/${runId}/failed.csv`)).not.toContain('Here')
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.people).toEqual({ total: 4, done: 0, need_you: 2, left_alone: 2 })
    expect(summary.control_totals).toMatchObject({ with_tasks: 2, not_selected: 2 })
  })
})
