import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, unattended, type Workplace, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const yes = ['--yes', '--quiet']
const user = userIdOf(1)
const settings = `name: j
options: { send_email: false }
pace: { concurrency: 1 }
guards: { protect_admins: false, unusual: off }
`

/** Spoils a line of the run's journal. */
function damage(place: Workplace, line: (text: string) => boolean): void {
  const path = join(place.directory, 'runs', runId, 'journal.ndjson')
  const lines = readFileSync(path, 'utf8').split('\n')
  const at = lines.findIndex(line)
  lines[at] = (lines[at] ?? '').replace('"event":', '"Event":')
  writeFileSync(path, lines.join('\n'))
}

/** An org with a suspended user and an active one, in which calls can hang; and a job for the first one. */
async function prepare(place: Workplace, actions: readonly string[], way: 'rows' | 'steps') {
  let hangs: readonly string[] = []
  const fault = ({ action }: { readonly action: string | null }) =>
    action === null || !hangs.includes(action)
      ? null
      : { name: action === 'unsuspend' ? ('hangAfter' as const) : ('hangBefore' as const) }
  const org = await place.org({ users: makeUsers({ count: 2, status: ['SUSPENDED', 'ACTIVE'] }), fault })
  await place.write('job.yaml', way === 'rows' ? settings : `${settings}steps: [${actions}]\n`)
  const rows = way === 'rows' ? actions.map((action) => `${user},${action}\n`).join('') : `${user}\n`
  await place.write('in.csv', `${way === 'rows' ? 'user,action' : 'user'}\n${rows}`)
  return { org, hangOn: (...names: string[]) => (hangs = names) }
}

/** Starts a command and kills it once it has sent an action. */
async function killedAt(place: Workplace, org: ForeignOrg, args: string[], action: string): Promise<void> {
  const before = org.requests.length
  const cli = place.start(org, args, impatient)
  await org.waitUntil(() => org.requests.slice(before).some((request) => request.action === action))
  cli.kill('SIGKILL')
  await cli.ended
}

const begin = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
const takeSoundPart = ['resume', runId, '--take-sound-part', ...yes]

it.each(['rows', 'steps'] as const)(
  'the change that a known call made confirms no lost call that comes after it: %s',
  async (way) => {
    await withWorkplace(async (place) => {
      const { org, hangOn } = await prepare(place, ['unsuspend', 'unlock'], way)
      hangOn('unlock')
      await killedAt(place, org, begin, 'unlock')
      damage(place, (text) => text.includes('"intent"') && /"row":2,|"step":2,/.test(text))
      hangOn()
      const end = await place.runHere(org, takeSoundPart, impatient)
      expect(end.code, end.stderr).toBe(0)
      const [first, second] = await place.results()
      expect([first?.result, second?.result]).toEqual(['succeeded', 'unchanged'])
      expect(org.applied).toEqual({ [`${user} unsuspend`]: 1 })
    })
  },
)

it('the change that a known call made between two losses confirms no call of the second one', async () => {
  await withWorkplace(async (place) => {
    const { org, hangOn } = await prepare(place, ['unsuspend', 'unlock'], 'rows')
    await place.write('in.csv', `user,action\n${userIdOf(2)},suspend\n${user},unsuspend\n${user},unlock\n`)
    hangOn('suspend')
    await killedAt(place, org, begin, 'suspend')
    damage(place, (text) => text.includes('"intent"'))
    hangOn('unlock')
    await killedAt(place, org, takeSoundPart, 'unlock')
    damage(place, (text) => text.includes('"intent"') && text.includes('"row":3,'))
    hangOn()
    await place.runHere(org, takeSoundPart, impatient)
    const [, , third] = await place.results()
    expect(third).toMatchObject({ action: 'unlock', result: 'unchanged' })
    expect(org.applied).toEqual({ [`${userIdOf(2)} suspend`]: 1, [`${user} unsuspend`]: 1 })
  })
})

it.each([
  ['unlock', 'rows', 'unchanged'],
  ['unlock', 'steps', 'unchanged'],
  ['activate', 'rows', 'in_doubt'],
] as const)(
  'a change that was taken for the work of one lost call confirms no other one in a retry: %s, %s',
  async (action, way, result) => {
    await withWorkplace(async (place) => {
      const { org, hangOn } = await prepare(place, ['unsuspend', action], way)
      hangOn('unsuspend')
      await killedAt(place, org, begin, 'unsuspend')
      damage(place, (text) => text.includes('"intent"'))
      hangOn()
      expect((await place.runHere(org, takeSoundPart, impatient)).code).toBe(1)
      const doubt = expect.stringContaining('which an earlier task of this user explains')
      expect(await place.results()).toMatchObject([
        { action: 'unsuspend', result: 'succeeded', message: expect.stringContaining('confirmed') },
        { action, result: 'in_doubt', message: doubt },
      ])
      for (let times = 1; times <= 2 && (times === 1 || result === 'in_doubt'); times++) {
        const retry = await place.runHere(org, ['retry', '--latest', ...yes], impatient)
        expect(retry.code, retry.stderr).toBe(result === 'in_doubt' ? 1 : 0)
        const [name = ''] = (await place.runs())
          .filter((run) => run !== runId)
          .toSorted()
          .slice(-1)
        const lines = (await place.read(`runs/${name}/results.jsonl`)).trim().split('\n')
        expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
          action,
          result,
          ...(result === 'in_doubt' ? { message: doubt } : {}),
        })
      }
      expect(org.applied).toEqual({ [`${user} unsuspend`]: 1 })
    })
  },
)

it('a task whose lost call explains what was seen keeps that where the process dies before its result', async () => {
  await withWorkplace(async (place) => {
    const { org, hangOn } = await prepare(place, ['unsuspend'], 'rows')
    hangOn('unsuspend')
    await killedAt(place, org, begin, 'unsuspend')
    damage(place, (text) => text.includes('"intent"'))
    hangOn()
    expect((await place.runHere(org, takeSoundPart, impatient)).code).toBe(0)
    // The files are put as a process leaves them that dies right after the verdict.
    const directory = join(place.directory, 'runs', runId)
    const journal = readFileSync(join(directory, 'journal.ndjson'), 'utf8').split('\n')
    const verdict = journal.findIndex((line) => line.includes('"explains_look":true'))
    expect(verdict).toBeGreaterThan(0)
    writeFileSync(join(directory, 'journal.ndjson'), `${journal.slice(0, verdict + 1).join('\n')}\n`)
    const run = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as object
    writeFileSync(
      join(directory, 'run.json'),
      JSON.stringify({ ...run, state: 'running', journal_head: undefined }),
    )
    for (const name of ['summary.json', 'journal.head']) rmSync(join(directory, name))
    const end = await place.runHere(org, ['resume', runId, ...yes], impatient)
    expect(end.code, end.stderr).toBe(0)
    expect(await place.results()).toMatchObject([
      { result: 'succeeded', message: expect.stringContaining('confirmed') },
    ])
    expect(org.applied).toEqual({ [`${user} unsuspend`]: 1 })
  })
})

it.each(['rows', 'steps'] as const)(
  'a lost reset of factors is judged by the factors, whatever a known call of the same user has changed: %s',
  async (way) => {
    await withWorkplace(async (place) => {
      const { org, hangOn } = await prepare(place, ['unsuspend', 'reset_factors'], way)
      org.org.users.get(user)?.factors.push({
        id: 'mfa1',
        factorType: 'push',
        provider: 'OKTA',
        created: '2026-01-12T09:45:00.000Z',
      })
      hangOn('reset_factors')
      await killedAt(place, org, begin, 'reset_factors')
      damage(place, (text) => text.includes('"intent"') && /"row":2,|"step":2,/.test(text))
      // The call was applied, and its answer was lost with the line.
      const reset = org.org.users.get(user)
      if (reset !== undefined) reset.factors = []
      hangOn()
      const end = await place.runHere(org, takeSoundPart, impatient)
      expect(end.code, end.stderr).toBe(0)
      expect(await place.results()).toMatchObject([
        { action: 'unsuspend', result: 'succeeded' },
        {
          action: 'reset_factors',
          result: 'succeeded',
          message: expect.stringContaining('no factor is enrolled'),
        },
      ])
      expect(org.applied).toEqual({ [`${user} unsuspend`]: 1 })
    })
  },
)
