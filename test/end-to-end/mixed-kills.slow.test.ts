import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { type Fault, type FaultRates, faultsByRate } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
import { randomFrom } from '../support/random.ts'
import { countsOf, parseCsv, type ResultLine, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** `FULL_KILLS=1`: 40 stops in place of 12, with as many more users, and a line about each story. */
const full = process.env.FULL_KILLS === '1'
const stops = full ? 40 : 12
/** `KILLS_SEED=N` draws other inputs, moments and ways to go on. */
const seed = Number(process.env.KILLS_SEED ?? 1)

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '2' } }
const quietly = ['--yes', '--quiet'] as const

/** An activate that sends a mail would wait five minutes before it is sent again. */
const jobs = {
  rows: 'name: mixed\naction: suspend\noptions: { send_email: false }\n',
  steps:
    'name: mixed\norder: step\nsteps: [{ action: suspend, if_failed: go_on }, reset_factors, deactivate]\n',
} as const

/** Rows that are all allowed one after the other, by the status that the user begins with. Repeats are left out. */
const lives: Readonly<Record<string, readonly string[]>> = {
  ACTIVE: ['suspend', 'suspend', 'unsuspend', 'reset_factors', 'suspend', 'deactivate', 'deactivate'],
  LOCKED_OUT: ['unlock', 'unlock', 'suspend', 'reset_factors', 'unsuspend', 'deactivate'],
  STAGED: ['activate', 'activate', 'reset_factors', 'suspend', 'deactivate'],
}

type Random = () => number

function pick<T>(random: Random, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)]
  if (one === undefined) throw new Error('There is nothing to pick from')
  return one
}

/** The rows of all users, mixed, each user's own in order; each names its user by the id or the login. */
function mixedRows(users: readonly ForeignUser[], random: Random): [string, string][] {
  const left = users.map((user) => ({ user, actions: [...(lives[user.status] ?? [])] }))
  const rows: [string, string][] = []
  for (;;) {
    const open = left.filter(({ actions }) => actions.length > 0)
    if (open.length === 0) return rows
    const { user, actions } = pick(random, open)
    rows.push([random() < 0.5 ? user.id : user.login.toUpperCase(), actions.shift() ?? ''])
  }
}

/** What the org does besides what it is asked: answers late, or loses them. */
const troubles: FaultRates = {
  seed,
  rates: { slow: 0.3, lateDrop: 0.04, dropAfter: 0.03, badGatewayBefore: 0.03, serverErrorAfter: 0.02 },
  afterMilliseconds: 400,
  spread: true,
}

interface Story {
  readonly place: Workplace
  readonly org: ForeignOrg
  readonly random: Random
}

interface Summary {
  readonly state: string
  readonly results: Readonly<Record<string, number>>
}

async function summaryOf(place: Workplace, run: string): Promise<Summary | null> {
  const path = join('runs', run, 'summary.json')
  return existsSync(join(place.directory, path)) ? (JSON.parse(await place.read(path)) as Summary) : null
}

async function stateOf(place: Workplace, run: string): Promise<string | null> {
  const path = join('runs', run, 'run.json')
  if (!existsSync(join(place.directory, path))) return null
  return (JSON.parse(await place.read(path)) as { state: string }).state
}

/** Interrupts or kills the command after some requests or some milliseconds, unless it ends by itself before. */
async function disturb(cli: Cli, { org, random }: Story, isNew: boolean): Promise<void> {
  // A new run first settles what the old one left.
  const requests = org.requests.length + (isNew ? 60 : 1) + Math.floor(random() * 40)
  const milliseconds = (isNew ? 2_000 : 200) + random() * 1500
  const moment =
    random() < 0.7
      ? org.waitUntil(() => org.requests.length >= requests).catch(() => {})
      : delay(milliseconds)
  await Promise.race([cli.ended, moment])
  cli.kill(random() < 0.5 ? 'SIGKILL' : 'SIGINT')
  // A second signal ends a drain that would last longer than the test has patience for.
  await Promise.race([cli.ended, delay(3_000)])
  cli.kill('SIGKILL')
  await cli.ended
}

function startOf(input: string, run: string): readonly string[] {
  return ['run', input, '--job', 'job.yaml', ...quietly, '--run-id', run]
}

/** The arguments of the next command, and the run that it works on. `fed` counts the files that were fed back. */
async function nextMove(
  story: Story,
  run: string,
  fed: number,
  waysBack: boolean,
): Promise<{ readonly args: readonly string[]; readonly run: string; readonly feeds: boolean }> {
  const { place, random } = story
  const state = await stateOf(place, run)
  if (state === null) return { args: startOf('in.csv', run), run, feeds: false }
  const resume = { args: ['resume', run, ...quietly], run, feeds: false }
  if (!waysBack || random() < 0.3) return resume
  if (random() < 0.5)
    return { args: ['retry', run, ...quietly, '--run-id', `${run}r`], run: `${run}r`, feeds: false }
  const summary = await summaryOf(place, run)
  // What is unsettled is only settled by resume, so that run would not be left for good.
  const settled = summary !== null && summary.state === state && summary.results.unsettled === 0
  if (!settled || state === 'running' || state === 'closed') return resume
  // A process that was killed right at its beginning has only taken the old reports away.
  if (!existsSync(join(place.directory, 'runs', run, 'failed.csv'))) return resume
  const rows = await place.read(join('runs', run, 'failed.csv'))
  if (rows.trim().split('\n').length < 2) return resume
  const next = `fed${fed}`
  await place.write(`${next}.csv`, rows)
  return { args: startOf(`${next}.csv`, next), run: next, feeds: true }
}

/** The run that goes on from this one, if one does. */
async function successorOf(place: Workplace, run: string): Promise<string> {
  const text = await place.read(join('runs', run, 'run.json')).catch(() => '{}')
  const { closed_by: successor } = JSON.parse(text) as { closed_by?: string }
  return successor === undefined || (await stateOf(place, successor)) === null
    ? run
    : await successorOf(place, successor)
}

/** Tells the whole story; returns the runs in the order in which they began. */
async function tell(story: Story, waysBack: boolean, heal: () => void): Promise<readonly string[]> {
  const { place, org } = story
  let run = 'first'
  let fed = 0
  const runs = [run]
  for (let stop = 0; stop < stops; stop++) {
    const next = await nextMove(story, run, fed, waysBack)
    await disturb(place.start(org, next.args, impatient), story, stop > 0 && next.run !== run)
    if ((await stateOf(place, next.run)) === null) continue
    if (next.feeds) fed += 1
    if (!runs.includes(next.run)) runs.push(next.run)
    run = await successorOf(place, next.run)
  }
  heal()
  for (let calm = 0; calm < 4; calm++) {
    if ((await stateOf(place, run)) === 'finished') break
    const next = await nextMove(story, run, fed, false)
    const end = await place.run(org, next.args, impatient)
    expect([0, 1, 2, 4], end.stderr).toContain(end.code)
    run = await successorOf(place, next.run)
    if (!runs.includes(run)) runs.push(run)
  }
  expect(await stateOf(place, run)).toBe('finished')
  return runs
}

/** What is reported of a user must be what the org did, in order, whichever run reports it. */
async function expectReportedAsApplied(story: Story, runs: readonly string[]): Promise<void> {
  const { place, org } = story
  const reported = new Map<string, ResultLine[]>()
  for (const run of runs) {
    // A run that was killed last has old reports: they are written anew from its journal, by a resume that refuses.
    const lines = parseCsv(await place.read(join('runs', run, 'results.csv')).catch(() => ''))
    for (const line of lines) {
      const id = line.okta_user_id ?? ''
      if (!['succeeded', 'in_doubt', 'unsettled'].includes(line.result ?? '')) continue
      reported.set(id, [...(reported.get(id) ?? []), line])
    }
  }
  for (const id of org.org.users.keys()) {
    const lines = reported.get(id) ?? []
    const applied = org.org.appliedInOrder.filter((what) => what.startsWith(`${id} `))
    const told = `seed ${seed}, ${id}: ${lines.map((line) => `${line.action} ${line.result} (${line.message})`).join('; ')}`
    const sure = lines.filter(({ result }) => result === 'succeeded').map(({ action }) => `${id} ${action}`)
    if (sure.length === lines.length) expect(applied, told).toEqual(sure)
    else {
      // One call in doubt may have been applied or not, and nothing of the user is sent after it.
      const most = lines.map(({ action }) => `${id} ${action}`)
      expect([sure.join(), most.join()], told).toContain(applied.join())
    }
  }
}

async function survive(name: string, job: keyof typeof jobs, waysBack: boolean): Promise<void> {
  await withWorkplace(async (place) => {
    const users = makeUsers({
      count: full ? 90 : 36,
      status: ['ACTIVE', 'LOCKED_OUT', 'STAGED'],
      factors: 1,
      hasPassword: true,
    })
    const random = randomFrom(seed * 100 + (waysBack ? 1 : 2))
    let healed = false
    const disturbed = faultsByRate(troubles)
    const refusedUsers = new Set(users.filter((_, index) => index % 5 === 0).map(({ id }) => id))
    const fault = (request: LoggedRequest): Fault | null => {
      if (healed) return null
      if (waysBack && request.action !== null) {
        // A role that comes and goes: now for some users, now for all.
        const phase = Math.floor(request.number / 60) % 3
        if (phase === 1 && refusedUsers.has(request.key ?? '')) return { name: 'forbidden' }
        if (phase === 2) return { name: 'forbidden' }
      }
      return disturbed(request)
    }
    const org = await place.org({ users, latencyMs: 20, fault })
    const repeated = [...users, ...users.slice(0, 9)].map(({ id, login }, index) =>
      index % 2 === 0 ? id : login,
    )
    await place.write('in.csv', usersCsv(job === 'rows' ? mixedRows(users, random) : repeated))
    await place.write('job.yaml', jobs[job])
    const story: Story = { place, org, random }
    const runs = await tell(story, waysBack, () => {
      healed = true
    })
    await expectReportedAsApplied(story, runs)
    if (full) {
      const results = (
        await Promise.all(
          runs.map(async (run) =>
            parseCsv(await place.read(join('runs', run, 'results.csv')).catch(() => '')),
          ),
        )
      ).flat()
      console.log(
        `${name}, seed ${seed}: ${runs.length} runs, ${org.org.appliedInOrder.length} applied, ${JSON.stringify(countsOf(results.map(({ result }) => result)))}`,
      )
    }
  })
}

const patience = { timeout: full ? 900_000 : 300_000 }

it(
  'mixed actions, duplicates and unlock: reported as applied, in order, over kills and interruptions',
  patience,
  async () => {
    await survive('kills', 'rows', false)
  },
)

it(
  'the same with a permission that comes and goes, failed.csv fed back and retry in between',
  patience,
  async () => {
    await survive('ways back', 'rows', true)
  },
)

it('three steps, a step for all before the next, over kills and interruptions', patience, async () => {
  await survive('steps', 'steps', false)
})
