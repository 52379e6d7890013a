import { describe, expect, it } from 'vitest'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import {
  type ForeignStatus,
  type ForeignUser,
  foreignStatuses,
  makeUsers,
  userIdOf,
} from '../support/foreign-org/user.ts'
import { expectAppliedOnce, parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

/**
 * S: sent and applied. U: already there, nothing is sent. F: failed, nothing is sent. A: sent, refused by Okta because
 * there is nothing to unlock, and so unchanged. In the order of `foreignStatuses`.
 */
const table: Readonly<Record<ForeignAction, string>> = {
  //             STAGED PROVISIONED ACTIVE RECOVERY PASSWORD_EXPIRED LOCKED_OUT SUSPENDED DEPROVISIONED
  activate: 'SUUFFFFS',
  deactivate: 'SSSSSSSU',
  reactivate: 'FSFSFFFF',
  reset_factors: 'SSSSSSSS',
  // From PASSWORD_EXPIRED because Okta offers it there.
  suspend: 'FSSFSFUF',
  unlock: 'FFAFFSFF',
  unsuspend: 'FFUFFFSF',
}

const results = { S: 'succeeded', U: 'unchanged', A: 'unchanged', F: 'failed' } as const

interface Case {
  readonly action: ForeignAction
  readonly status: ForeignStatus
  readonly code: keyof typeof results
  readonly user: ForeignUser
}

function allCases(): readonly Case[] {
  const cases: Case[] = []
  for (const [action, codes] of Object.entries(table)) {
    for (const [index, status] of foreignStatuses.entries()) {
      const [user] = makeUsers({ count: 1, first: cases.length + 1, status, factors: 1 })
      if (user === undefined) throw new Error('no user was made')
      const code = codes.charAt(index) as keyof typeof results
      cases.push({ action: action as ForeignAction, status, code, user })
    }
  }
  return cases
}

const keys: readonly (readonly [name: string, keyOf: (user: ForeignUser) => string])[] = [
  ['id', (user) => user.id],
  ['login', (user) => user.login],
  ['login in capitals', (user) => user.login.toUpperCase()],
  ['short name', (user) => user.login.replace(/@.*/, '')],
]

describe('every action on users of every status', () => {
  it.each(keys)('named by %s', async (_, keyOf) => {
    await withWorkplace(async (place) => {
      const cases = allCases()
      const org = await place.org({ users: cases.map(({ user }) => user) })
      await place.write('all.csv', usersCsv(cases.map(({ user, action }) => [keyOf(user), action])))
      const end = await place.runHere(org, ['run', 'all.csv', '--short-names', ...unattended])
      expect(end.code, end.stderr).toBe(1)

      const lines = await place.results()
      expect(lines).toHaveLength(cases.length)
      for (const [index, { action, status, code, user }] of cases.entries()) {
        const truth = org.org.users.get(user.id)?.status
        const line = lines[index]
        expect(line, `${action} on ${status}`).toMatchObject({
          row: String(index + 1),
          step: '1',
          user: keyOf(user),
          action,
          result: results[code],
          status_before: status,
          status_after: truth,
          http_status: code === 'A' ? '403' : '200',
          error_code: code === 'A' ? 'E0000032' : '',
          attempts: code === 'S' || code === 'A' ? '1' : '0',
          okta_user_id: user.id,
          okta_login: user.login,
        })
        if (code !== 'S') expect(truth).toBe(status)
        if (code !== 'F') continue
        // Both the status that the user has and those that the action needs.
        expect(line?.message).toContain(status)
        const needed = foreignStatuses.filter(
          (name, at) => 'SA'.includes(table[action].charAt(at)) && name !== 'PASSWORD_EXPIRED',
        )
        for (const name of needed) expect(line?.message, `${action} on ${status}`).toContain(name)
      }
      const calls = org.requests.flatMap(({ key, action }) => (action === null ? [] : [`${key} ${action}`]))
      const sent = cases.filter(({ code }) => 'SA'.includes(code))
      expect(calls.sort()).toEqual(sent.map(({ user, action }) => `${user.id} ${action}`).sort())
      const applied = cases.filter(({ code }) => code === 'S')
      expectAppliedOnce(
        org.applied,
        applied.map(({ user, action }) => `${user.id} ${action}`),
      )
      const failed = cases.filter(({ code }) => code === 'F')
      const failedRows = parseCsv(await place.read(`runs/${runId}/failed.csv`))
      expect(failedRows).toEqual(
        failed.map(({ user, action }) => ({
          user: keyOf(user),
          action,
          why: expect.stringContaining(action),
        })),
      )
    })
  })

  it('says of a user who is ACTIVE with a password that activate led there', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1, status: 'STAGED', hasPassword: true }) })
      await place.write('one.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['run', 'one.csv', '--action', 'activate', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      expect(await place.results()).toMatchObject([{ result: 'succeeded', status_after: 'ACTIVE' }])
    })
  })

  it('unlocks an ACTIVE user who is blocked from unknown devices', async () => {
    await withWorkplace(async (place) => {
      const blocked = makeUsers({ count: 1 }).map((user) => ({ ...user, blockedFromUnknownDevices: true }))
      const org = await place.org({ users: blocked })
      await place.write('one.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['run', 'one.csv', '--action', 'unlock', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      expect(await place.results()).toMatchObject([{ result: 'succeeded', attempts: '1' }])
      expectAppliedOnce(org.applied, [`${userIdOf(1)} unlock`])
    })
  })

  it('tells an unknown id from a user who is deactivated already', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1, status: 'DEPROVISIONED' }) })
      await place.write('two.csv', usersCsv([userIdOf(1), userIdOf(2)]))
      for (const flags of [[], ['--no-read']]) {
        const id = flags.length === 0 ? 'read' : 'unread'
        const args = ['run', 'two.csv', '--action', 'deactivate', '--yes', '--run-id', id, ...flags]
        const end = await place.runHere(org, args)
        expect(end.code, end.stderr).toBe(1)
        const lines = parseCsv(await place.read(`runs/${id}/results.csv`))
        expect(lines).toMatchObject([
          { result: 'unchanged', status_after: 'DEPROVISIONED' },
          { result: 'failed', status_after: '' },
        ])
        expect(lines[1]?.message).toMatch(/not found/)
      }
    })
  })
})

describe('the input’s own columns', () => {
  it('come through unchanged, renamed only where they collide', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3, status: ['ACTIVE', 'STAGED'] }) })
      const header =
        'result,"say ""hi""",user,input_result,empty,"two\nlines",Größe,row,formula,spaces,semi;colon'
      const cells = [
        'kept,"a ""quoted"", word",user1@example.com,mine,,"first\nsecond",groß,77,=1+1,"  both ends  ",a;b',
        'x,,user2@example.com,y,,"\r\n",日本,+49 30 1234,@SUM(A1),-,1;2',
        `"[{}]",'=,${userIdOf(3)},-5,,,ß,"'quoted'","\t=tab",'plain,;`,
      ]
      await place.write('odd.csv', `${[header, ...cells].join('\n')}\n`)
      const end = await place.runHere(org, ['run', 'odd.csv', '--action', 'suspend', ...unattended])
      expect(end.code, end.stderr).toBe(1)

      const lines = await place.results()
      const own = [
        'input_input_result',
        'say "hi"',
        'input_user',
        'input_result',
        'empty',
        'two\nlines',
        'Größe',
        'input_row',
        'formula',
        'spaces',
        'semi;colon',
      ]
      expect(Object.keys(lines[0] ?? {}).slice(18)).toEqual(own)
      expect(lines.map((line) => own.map((name) => line[name]))).toEqual([
        [
          'kept',
          'a "quoted", word',
          'user1@example.com',
          'mine',
          '',
          'first\nsecond',
          'groß',
          '77',
          "'=1+1",
          '  both ends  ',
          'a;b',
        ],
        ['x', '', 'user2@example.com', 'y', '', "'\r\n", '日本', "'+49 30 1234", "'@SUM(A1)", "'-", '1;2'],
        ['[{}]', "'=", userIdOf(3), "'-5", '', '', 'ß', "'quoted'", "'\t=tab", "'plain", ';'],
      ])
      expect(lines.map((line) => line.result)).toEqual(['succeeded', 'failed', 'succeeded'])
    })
  })

  it('read back exactly when the failed rows are fed again', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1, status: 'STAGED' }) })
      await place.write('in.csv', `user;note;"odd ""name"""\n${userIdOf(1)};=1+1;"a;b, 'c'"\n`)
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      const again = ['run', `runs/${runId}/failed.csv`, '--action', 'activate', '--yes', '--run-id', 'again']
      const end = await place.runHere(org, again)
      expect(end.code, end.stderr).toBe(0)
      const [first] = await place.results()
      const [second] = parseCsv(await place.read('runs/again/results.csv'))
      expect(second).toMatchObject({ result: 'succeeded', note: "'=1+1", 'odd "name"': "a;b, 'c'" })
      for (const name of ['input_user', 'note', 'odd "name"']) expect(second?.[name]).toBe(first?.[name])
    })
  })

  it('keep their kinds in results.jsonl where the input is JSON', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      const extra = {
        number: 12.5,
        big: 1e21,
        flag: false,
        nothing: null,
        list: [1, 'a'],
        text: '=x',
        row: 'r',
      }
      await place.write('in.jsonl', `${JSON.stringify({ id: userIdOf(1), ...extra })}\n`)
      const end = await place.runHere(org, ['run', 'in.jsonl', '--action', 'suspend', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      const { row, ...others } = extra
      expect(JSON.parse(await place.read(`runs/${runId}/results.jsonl`))).toMatchObject({
        row: 1,
        step: 1,
        result: 'succeeded',
        attempts: 1,
        http_status: 200,
        error_code: null,
        input_row: row,
        ...others,
      })
      expect(await place.results()).toMatchObject([{ number: '12.5', list: '[1,"a"]', text: "'=x" }])
    })
  })
})
