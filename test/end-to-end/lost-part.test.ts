import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const yes = ['--yes', '--quiet']

function journalOf(place: Workplace, run = runId): string {
  return join(place.directory, 'runs', run, 'journal.ndjson')
}

/** Changes a digit of a line of a journal. Returns how many bytes come before it. */
function damage(path: string, line: (text: string, at: number) => boolean): number {
  const lines = readFileSync(path, 'utf8').split('\n')
  const at = lines.findIndex(line)
  lines[at] = (lines[at] ?? '').replace(/\d/, (digit) => String((Number(digit) + 1) % 10))
  writeFileSync(path, lines.join('\n'))
  return Buffer.byteLength(lines.slice(0, at).join('\n')) + 1
}

/** A run that was killed after some calls were applied. */
async function killed(place: Workplace, org: ForeignOrg, action: string, count: number): Promise<void> {
  await place.write('in.csv', usersCsv(makeUsers({ count }).map(({ id }) => id)))
  const flags = ['--action', action, '--concurrency', '1', ...unattended]
  const cli = place.start(org, ['run', 'in.csv', ...flags], impatient)
  await org.waitUntil(() => Object.keys(org.applied).length >= 4)
  cli.kill('SIGKILL')
  await cli.ended
}

const noLimits = spawnSync('prlimit', ['--version']).error?.message ?? null
if (noLimits !== null) console.warn(`A test of a full disk is left out: ${noLimits}`)

it.skipIf(noLimits !== null)(
  'a disk that is full while the sound part is taken up loses nothing: nobody is mailed twice',
  async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 8, status: 'PROVISIONED' }), latencyMs: 20 })
      await killed(place, org, 'reactivate', 8)
      const sound = damage(journalOf(place), (text) => text.includes('"intent"'))
      // The sound part fits, and the line that says that the rest is lost does not.
      const shell = `exec prlimit --fsize=${sound + 20} "$@"`
      const full = await place.run(org, ['resume', runId, '--take-sound-part', ...yes], {
        ...impatient,
        shell,
      })
      expect([full.code, full.stderr]).toEqual([3, expect.stringContaining('--take-sound-part')])
      const before = org.requests.length
      const plain = await place.runHere(org, ['resume', runId, ...yes], impatient)
      expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining('is damaged')])
      expect(org.requests).toHaveLength(before)
      const taken = await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)
      expect(taken.code, taken.stderr).toBe(1)
      expect(Object.values(org.applied).filter((times) => times > 1)).toEqual([])
    })
  },
)

it.each<[string, (lines: readonly string[]) => number]>([
  ['the last line', (lines) => lines.length - 1],
  ['all lines from a call on', (lines) => lines.findIndex((text) => text.includes('"intent"'))],
])('a journal of which %s is altered is no remains of a crash: nothing is sent again', async (_, from) => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 8, status: 'PROVISIONED' }), latencyMs: 20 })
    await killed(place, org, 'reactivate', 8)
    const path = journalOf(place)
    // The kill itself may have torn a line.
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    const sound = lines.slice(0, from(lines))
    const altered = lines.slice(sound.length).map((text) => text.replace('"event"', '"Event"'))
    writeFileSync(path, `${[...sound, ...altered].join('\n')}\n`)
    const before = org.requests.length
    for (const [command, code] of [
      ['verify-journal', 1],
      ['status', 2],
      ['resume', 2],
    ] as const) {
      const end = await place.runHere(org, [command, runId, ...(command === 'resume' ? yes : [])], impatient)
      expect([end.code, end.stdout + end.stderr]).toEqual([
        code,
        expect.stringMatching(new RegExp(`ine ${sound.length + 1} (at byte \\d+ )?is not as it was written`)),
      ])
    }
    expect(org.requests).toHaveLength(before)
    const taken = await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)
    expect(taken.stderr).toContain('The journal was damaged')
    expect(Object.values(org.applied).filter((times) => times > 1)).toEqual([])
  })
})

it.each([0, 0.3, 0.6, 0.95])(
  "an older copy of a killed run's journal alone (%d of it) is noticed: nobody is mailed twice",
  async (part) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 8, status: 'PROVISIONED' }), latencyMs: 20 })
      await killed(place, org, 'reactivate', 8)
      const path = journalOf(place)
      const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
      // The last line may not have been on disk yet.
      const kept = lines.slice(0, Math.min(lines.length - 2, Math.floor(lines.length * part)))
      writeFileSync(path, kept.map((line) => `${line}\n`).join(''))
      const before = org.requests.length
      for (const command of ['resume', 'retry']) {
        const end = await place.runHere(org, [command, runId, ...yes], impatient)
        expect([end.code, end.stderr]).toEqual([
          2,
          expect.stringContaining(`line ${kept.length + 1} is gone`),
        ])
        expect(end.stderr).toContain(`resume ${runId} --take-sound-part`)
      }
      const status = await place.runHere(null, ['status', runId])
      expect([status.code, status.stderr]).toEqual([2, expect.stringContaining('is gone')])
      expect((await place.runHere(null, ['runs'])).stdout).toContain('damaged')
      expect(org.requests).toHaveLength(before)
      const taken = await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)
      expect([0, 1], taken.stderr).toContain(taken.code)
      const verified = await place.runHere(null, ['verify-journal', runId])
      expect(verified.code, verified.stdout).toBe(0)
      expect(Object.values(org.applied).filter((times) => times > 1)).toEqual([])
    })
  },
)

it('an undo says whom it leaves alone because a part of the journal was lost', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 5 }), latencyMs: 20 })
    await killed(place, org, 'suspend', 5)
    damage(journalOf(place), (text) => text.includes('"intent"'))
    expect(await place.runHere(org, ['resume', runId, '--take-sound-part', ...yes], impatient)).toMatchObject(
      {
        code: 0,
      },
    )
    const undone = await place.runHere(org, ['undo', runId, ...yes], impatient)
    expect(undone.code, undone.stderr).toBe(1)
    expect(undone.stderr).toMatch(
      /\d tasks? (is|are) left alone: .* was confirmed only after a part of the journal was lost/,
    )
  })
})

/** A run with two failed rows, and its retry, whose name is returned. */
async function retried(place: Workplace, org: ForeignOrg): Promise<string> {
  await place.write('in.csv', usersCsv(makeUsers({ count: 4 }).map(({ id }) => id)))
  await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
  for (const user of org.org.users.values()) if (user.status === 'STAGED') user.status = 'ACTIVE'
  const end = await place.runHere(org, ['retry', runId, ...yes], impatient)
  expect(end.code, end.stderr).toBe(0)
  const [name = ''] = (await place.runs()).filter((run) => run !== runId)
  return name
}

const twoStaged = () => [...makeUsers({ count: 2 }), ...makeUsers({ count: 2, first: 3, status: 'STAGED' })]

it('a retry whose journal lost what it took over is not gone on with', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: twoStaged() })
    const retry = await retried(place, org)
    const directory = join(place.directory, 'runs', retry)
    // As if the retry had been killed at its first call: no summary says how far the journal was.
    execFileSync('rm', [join(directory, 'summary.json')])
    const run = JSON.parse(await readFile(join(directory, 'run.json'), 'utf8'))
    writeFileSync(join(directory, 'run.json'), JSON.stringify({ ...run, state: 'running' }))
    const journal = journalOf(place, retry)
    const whole = readFileSync(journal)
    const before = org.requests.length
    for (const lose of [
      () => damage(journal, (_, at) => at === 1),
      () => writeFileSync(journal, whole.subarray(0, whole.indexOf('\n') + 1)),
    ]) {
      lose()
      for (const flags of [[], ['--take-sound-part']]) {
        const end = await place.runHere(org, ['resume', retry, ...flags, ...yes], impatient)
        expect(end.code, end.stderr).toBe(2)
      }
      writeFileSync(journal, whole)
    }
    expect(org.requests).toHaveLength(before)
    expect(await readdir(directory)).not.toContain('journal.ndjson.sound')
  })
})

it('a retry can be undone also where the journal of the run before it is damaged', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: twoStaged() })
    const retry = await retried(place, org)
    damage(journalOf(place), (text) => text.includes('"answer"'))
    const undone = await place.runHere(org, ['undo', retry, ...yes], impatient)
    expect([undone.code, undone.stderr]).toEqual([1, expect.stringContaining('was retried too. What it did')])
    expect([...org.org.users.values()].map(({ status }) => status)).toEqual([
      'SUSPENDED',
      'SUSPENDED',
      'ACTIVE',
      'ACTIVE',
    ])
  })
})

it('resume closes the run before it, if the process that began it died too early for that', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: twoStaged() })
    const retry = await retried(place, org)
    const path = (run: string): string => join(place.directory, 'runs', run, 'run.json')
    const edit = (run: string, change: object): void => {
      writeFileSync(path(run), JSON.stringify({ ...JSON.parse(readFileSync(path(run), 'utf8')), ...change }))
    }
    edit(runId, { state: 'finished', closed_by: retry, closed_from: undefined })
    edit(retry, { state: 'interrupted' })
    // A damaged run.json of the old run is no reason not to go on with the new one.
    const old = readFileSync(path(runId), 'utf8')
    writeFileSync(path(runId), '{')
    expect(await place.runHere(org, ['resume', retry, ...yes], impatient)).toMatchObject({ code: 0 })
    writeFileSync(path(runId), old)
    edit(retry, { state: 'interrupted' })
    expect(await place.runHere(org, ['resume', retry, ...yes], impatient)).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(path(runId), 'utf8'))).toMatchObject({
      state: 'closed',
      closed_by: retry,
      closed_from: 'finished',
    })
  })
})
