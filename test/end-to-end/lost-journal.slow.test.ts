import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const count = 120
const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const reset = ['run', 'in.csv', '--action', 'reset_factors', '--concurrency', '2', ...unattended]

/** A run of factor resets that is at work. */
async function atWork(place: Workplace, factors = 0) {
  const users = makeUsers({ count, factors })
  const org = await place.org({ users, latencyMs: 40 })
  await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
  const cli = place.start(org, reset, impatient)
  await org.waitUntil(() => doneIn(org) >= 5)
  const directory = join(place.directory, 'runs', runId)
  return { org, cli, directory, journal: join(directory, 'journal.ndjson') }
}

/** Makes a `run.json` one of an older version, which did not say how far the journal was when an execution began. */
function forgetBegun(path: string): void {
  const { journal_begun: _, ...run } = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(run))
}

function doneIn(org: ForeignOrg): number {
  return Object.keys(org.applied).length
}

it.each<[string, (path: string) => void]>([
  ['missing', (path) => rmSync(path)],
  [
    'empty',
    (path) => {
      truncateSync(path)
      // What is kept beside it would say how much is gone, and so would a run.json that is not of an older version.
      rmSync(join(dirname(path), 'journal.head'))
      forgetBegun(join(dirname(path), 'run.json'))
    },
  ],
])('nothing goes on from a run whose journal is %s', async (how, lose) => {
  await withWorkplace(async (place) => {
    const { org, cli, journal } = await atWork(place)
    cli.kill('SIGKILL')
    await cli.ended
    lose(journal)
    const before = org.requests.length
    for (const args of [['resume'], ['retry'], ['undo'], ['report'], ['resume', '--take-sound-part']]) {
      const flags = args[0] === 'report' ? [] : ['--yes', '--quiet']
      const end = await place.runHere(org, [...args, runId, ...flags], impatient)
      expect([end.code, end.stderr], args.join(' ')).toEqual([
        2,
        expect.stringContaining(`The journal of run ${runId} is ${how}`),
      ])
      expect(end.stderr).toContain('Without it nobody knows what was done')
    }
    expect(org.requests).toHaveLength(before)
    const verified = await place.runHere(null, ['verify-journal', runId])
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(`its journal is ${how}`)])
    const status = await place.runHere(null, ['status', runId])
    expect([status.code, status.stdout + status.stderr]).toEqual([1, expect.stringContaining(how)])
    expect((await place.runHere(null, ['runs'])).stdout).toContain('damaged')
  })
})

it('an empty journal with nothing beside it is one whose end is gone: run.json says that an execution had begun', async () => {
  await withWorkplace(async (place) => {
    const { org, cli, directory, journal } = await atWork(place, 1)
    cli.kill('SIGKILL')
    await cli.ended
    truncateSync(journal)
    rmSync(join(directory, 'journal.head'))
    await expectAllRefuse(place, org, /is gone, and so is everything after it/)
    expect((await place.runHere(null, ['runs'])).stdout).toMatch(/take-sound-part|damaged/)
    await expectAllDoneFromSoundPart(place, org)
  })
})

/** Every command stops at the journal, says why, and names the way on. */
async function expectAllRefuse(place: Workplace, org: ForeignOrg, why: RegExp): Promise<void> {
  for (const command of ['resume', 'retry', 'undo', 'status', 'verify-journal']) {
    const flags = command === 'status' || command === 'verify-journal' ? [] : ['--yes', '--quiet']
    const end = await place.runHere(org, [command, runId, ...flags], impatient)
    expect([command, end.code]).toEqual([command, command === 'verify-journal' ? 1 : 2])
    expect(end.stdout + end.stderr).toMatch(why)
    expect(end.stdout + end.stderr).toContain('--take-sound-part')
  }
}

/** From the sound part of its journal the run does everybody once. */
async function expectAllDoneFromSoundPart(place: Workplace, org: ForeignOrg): Promise<void> {
  const asked = ['resume', runId, '--take-sound-part', '--yes', '--quiet']
  const end = await place.runHere(org, asked, impatient)
  expect(end.code, end.stderr).toBe(0)
  expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
}

it.each<[string, (text: string) => string | null, string?]>([
  ['altered', (text: string) => text.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))],
  ['torn', (text: string) => text.slice(0, 60)],
  ['another text', () => 'hello\n'],
  ['empty', () => '', 'is gone'],
  ['removed', () => null, 'is gone'],
])(
  'nothing goes on beside a journal.head that is %s: an older journal may be there',
  async (_, alter, how = 'is not as it was written') => {
    await withWorkplace(async (place) => {
      const { org, cli, directory, journal } = await atWork(place, 1)
      copyFileSync(journal, join(place.directory, 'older'))
      await org.waitUntil(() => doneIn(org) >= 15)
      cli.kill('SIGKILL')
      await cli.ended
      copyFileSync(join(place.directory, 'older'), journal)
      const head = join(directory, 'journal.head')
      const altered = alter(readFileSync(head, 'utf8'))
      if (altered === null) rmSync(head)
      else writeFileSync(head, altered)
      await expectAllRefuse(place, org, new RegExp(`journal\\.head[^\\n]* ${how}`))
      expect((await place.runHere(null, ['runs'])).stdout).toMatch(/take-sound-part|damaged/)
      await expectAllDoneFromSoundPart(place, org)
    })
  },
)

it.each([
  ['altered', 'hello\n'],
  ['removed', null],
])(
  'nothing goes on beside a journal.head that is %s, although run.json says that the run has stopped: it is as old as the journal',
  async (_, text) => {
    await withWorkplace(async (place) => {
      const { org, cli, directory } = await atWork(place, 1)
      cli.kill('SIGINT')
      await cli.ended
      const files = ['journal.ndjson', 'run.json', 'summary.json']
      for (const name of files) copyFileSync(join(directory, name), join(place.directory, name))
      const [before, goingOn] = [doneIn(org), place.start(org, ['resume', runId, '--quiet'], impatient)]
      await org.waitUntil(() => doneIn(org) >= before + 10)
      goingOn.kill('SIGKILL')
      await goingOn.ended
      for (const name of files) copyFileSync(join(place.directory, name), join(directory, name))
      rmSync(join(directory, 'journal.head'))
      if (text !== null) writeFileSync(join(directory, 'journal.head'), text)
      await expectAllRefuse(place, org, /journal\.head/)
      await expectAllDoneFromSoundPart(place, org)
    })
  },
)

it('a run whose journal is moved away stops, keeps what is there, and goes on once it is back', async () => {
  await withWorkplace(async (place) => {
    // A factor shows whether a call arrived whose process stopped just before it left.
    const { org, cli, directory, journal } = await atWork(place, 1)
    renameSync(journal, `${journal}.1`)
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(3)
    expect(end.stderr).toMatch(/no longer in its place.*Put it back[\s\S]*then: okta-lifecycle resume/)
    expect(end.stderr).not.toMatch(/start again|another --runs-dir/)
    expect(doneIn(org)).toBeLessThan(count)
    expect(await readdir(directory)).toContain('journal.ndjson.1')
    expect((await place.runHere(org, ['resume', runId, '--yes'], impatient)).code).toBe(2)
    renameSync(`${journal}.1`, journal)
    const resumed = await place.run(org, ['resume', runId, '--quiet'], impatient)
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
  })
})

it('a run whose directory can no longer be looked at does not advise to start again', async () => {
  await withWorkplace(async (place) => {
    const { org, cli, directory } = await atWork(place, 1)
    renameSync(directory, `${directory}.1`)
    // A link to itself, as a disk that fails, is neither there nor gone.
    symlinkSync(runId, directory)
    const end = await cli.ended
    expect(doneIn(org)).toBeGreaterThan(0)
    expect([end.code, end.stderr]).toEqual([
      3,
      expect.stringContaining(`then: okta-lifecycle resume ${runId}`),
    ])
    expect(end.stderr).not.toMatch(/start again|another --runs-dir/)
    rmSync(directory)
    renameSync(`${directory}.1`, directory)
    const resumed = await place.run(org, ['resume', runId, '--quiet'], impatient)
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
  })
})

it.each<[string, (path: string) => void]>([
  [
    'replaced by a copy',
    (path) => {
      copyFileSync(path, `${path}.copy`)
      renameSync(`${path}.copy`, path)
    },
  ],
  ['emptied', (path) => truncateSync(path)],
  ['cut to its half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
])(
  'a run whose journal is %s under it stops, and what stands there is not taken for what was done',
  async (_, lose) => {
    await withWorkplace(async (place) => {
      const { org, cli, directory, journal } = await atWork(place)
      lose(journal)
      const end = await cli.ended
      expect([end.code, end.stderr]).toEqual([3, expect.stringContaining('no longer in its place')])
      expect(end.stderr).not.toContain('bug')
      expect(doneIn(org)).toBeLessThan(count)
      expect(await readdir(directory)).not.toContain('results.csv')
      const before = org.requests.length
      for (const args of [['resume'], ['retry'], ['undo']]) {
        const again = await place.runHere(org, [...args, runId, '--yes', '--quiet'], impatient)
        expect([again.code, again.stderr], args.join(' ')).toEqual([
          2,
          expect.stringMatching(/is (damaged|empty)/),
        ])
      }
      expect((await place.runHere(null, ['verify-journal', runId])).code).toBe(1)
      expect(org.requests).toHaveLength(before)
      const taken = ['resume', runId, '--take-sound-part', '--yes', '--quiet']
      // Of an empty journal, there is no part to take up.
      expect((await place.run(org, taken, impatient)).code).toBeLessThanOrEqual(2)
      expect(Object.values(org.applied).filter((times) => times > 1)).toEqual([])
    })
  },
)

it('a run whose directory is removed stops soon, and nobody is told to start again', async () => {
  await withWorkplace(async (place) => {
    const { org, cli, directory } = await atWork(place)
    rmSync(directory, { recursive: true, force: true })
    const end = await cli.ended
    expect([3, 5]).toContain(end.code)
    expect(end.stderr).not.toMatch(/start again|choose another/)
    expect(doneIn(org)).toBeLessThan(count)
  })
})

it('a run whose copy of the input is removed ends as work that has begun', async () => {
  await withWorkplace(async (place) => {
    const { cli, directory } = await atWork(place)
    rmSync(join(directory, 'input.csv'))
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(3)
    expect(end.stderr).toContain('would repeat what is already done')
  })
})

it('a run whose directory is moved away writes nothing into what takes its place, and says to put it back', async () => {
  await withWorkplace(async (place) => {
    const { org, cli, directory } = await atWork(place, 1)
    renameSync(directory, `${directory}.moved`)
    mkdirSync(directory)
    writeFileSync(join(directory, 'run.json'), 'mine')
    const end = await cli.ended
    expect([3, 5]).toContain(end.code)
    expect(await readdir(directory)).toEqual(['run.json'])
    expect(readFileSync(join(directory, 'run.json'), 'utf8')).toBe('mine')
    if (end.code === 3) expect(end.stderr).toMatch(/Put it back/)

    rmSync(directory, { recursive: true })
    renameSync(`${directory}.moved`, directory)
    const resumed = await place.run(org, ['resume', runId, '--yes', '--quiet'], impatient)
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
  })
})

it('a run whose directory is moved away at its last call writes no report into what takes its place', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 3 })
    const directory = join(place.directory, 'runs', runId)
    const org = await place.org({
      users,
      fault: ({ action, key }) => {
        if (action === null || key !== users[2]?.id) return null
        renameSync(directory, `${directory}.moved`)
        mkdirSync(directory)
        return null
      },
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const end = await place.run(org, reset, impatient)
    expect([end.code, end.stderr]).toEqual([3, expect.stringContaining('Put it back')])
    expect(await readdir(directory)).toEqual([])

    rmSync(directory, { recursive: true })
    renameSync(`${directory}.moved`, directory)
    const resumed = await place.run(org, ['resume', runId, '--yes', '--quiet'], impatient)
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(Object.values(org.applied)).toEqual([1, 1, 1])
  })
})
