import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, type Workplace, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const yes = ['--yes', '--quiet']
const settings = `options: { send_email: false }
pace: { concurrency: 2 }
guards: { protect_admins: false, unusual: off }
`

/** Starts the job's run, kills it after some calls were applied, and damages a line of its journal. */
async function damaged(
  place: Workplace,
  org: ForeignOrg,
  input: string,
  { after, line }: { readonly after: number; readonly line: (text: string, at: number) => boolean },
): Promise<void> {
  await place.write('in.csv', input)
  const cli = place.start(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], impatient)
  await org.waitUntil(() => Object.keys(org.applied).length >= after)
  cli.kill('SIGKILL')
  await cli.ended
  const path = join(place.directory, 'runs', runId, 'journal.ndjson')
  const lines = readFileSync(path, 'utf8').split('\n')
  const at = lines.findIndex(line)
  lines[at] = (lines[at] ?? '').replace('"event":', '"Event":')
  writeFileSync(path, lines.join('\n'))
}

const actions = ['reactivate', 'suspend', 'unsuspend'] as const

it.each(['steps, user by user', 'steps, step by step', 'rows'] as const)(
  'what may have been sent in a lost part of the journal, as %s: whoever waits for a doubt is not called done, and a retry leads everybody to the end',
  async (way) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 8, status: 'PROVISIONED' })
      const ids = users.map(({ id }) => id)
      const org = await place.org({ users, latencyMs: 10 })
      const order = way === 'steps, step by step' ? 'step' : 'user'
      const steps = way === 'rows' ? '' : `steps: [${actions.join(', ')}]\norder: ${order}\n`
      await place.write('job.yaml', `name: j\n${steps}${settings}`)
      const input =
        way === 'rows'
          ? `user,action\n${actions.flatMap((action) => ids.map((id) => `${id},${action}\n`)).join('')}`
          : `user\n${ids.join('\n')}\n`
      await damaged(place, org, input, {
        after: 3,
        line: (text) => text.includes('"intent"') && text.includes('"row":2,'),
      })
      const resumed = await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)
      expect(resumed.code, resumed.stderr).toBe(1)
      const after = await place.results()
      const inDoubt = new Set(after.filter(({ result }) => result === 'in_doubt').map(({ user }) => user))
      expect(inDoubt.size).toBeGreaterThan(2)
      expect(inDoubt.size).toBeLessThan(8)
      expect(after.filter(({ result }) => result === 'unchanged')).toEqual([])
      for (const { user, action, result } of after)
        expect([user, action, result]).toEqual([
          user,
          action,
          inDoubt.has(user) ? (action === 'reactivate' ? 'in_doubt' : 'skipped') : 'succeeded',
        ])

      const retried = await place.runHere(
        org,
        ['retry', '--latest', '--in-doubt', 'retry', ...yes],
        impatient,
      )
      expect(retried.code, retried.stderr).toBe(0)
      expect(countsOf([...org.org.users.values()].map(({ status }) => status))).toEqual({ PROVISIONED: 8 })
      for (const id of ids)
        expect([org.applied[`${id} suspend`], org.applied[`${id} unsuspend`]]).toEqual([1, 1])
    })
  },
)

it('what may have been sent in a lost part of the journal is sent in its own step alone', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 12, factors: 1 })
    const org = await place.org({ users, latencyMs: 10 })
    await place.write('job.yaml', `name: j\nsteps: [reset_factors, suspend]\norder: step\n${settings}`)
    await damaged(place, org, `user\n${users.map(({ id }) => id).join('\n')}\n`, {
      after: 3,
      line: (text) => text.includes('"result"'),
    })
    const before = org.requests.length
    const resumed = await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)
    expect(resumed.code, resumed.stderr).toBe(0)
    const sent = org.requests.slice(before).flatMap(({ action }) => action ?? [])
    expect(sent).toEqual([
      ...sent.filter((action) => action === 'reset_factors'),
      ...users.map(() => 'suspend'),
    ])
    expect(sent).toContain('reset_factors')
    expect(Object.values(org.applied)).toEqual(Array(24).fill(1))
  })
})
