import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const count = 60
const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const reset = ['run', 'in.csv', '--action', 'reset_factors', '--concurrency', '2', ...unattended]

/** A run of factor resets that a signal has ended. */
async function ended(place: Workplace, signal: 'SIGKILL' | 'SIGINT') {
  const users = makeUsers({ count, factors: 1 })
  const org = await place.org({ users, latencyMs: 20 })
  await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
  const cli = place.start(org, reset, impatient)
  const at = (name: string): string => join(place.directory, 'runs', runId, name)
  await org.waitUntil(() => Object.keys(org.applied).length >= 5)
  // As a backup does that copies one file after the other.
  for (const name of ['journal.head', 'journal.ndjson']) copyFileSync(at(name), join(place.directory, name))
  await org.waitUntil(() => Object.keys(org.applied).length >= 20)
  cli.kill(signal)
  await cli.ended
  return { org, at }
}

/** The run.json from before the run began to send. */
function makeNew(path: string): void {
  const {
    journal_head: _,
    journal_begun: __,
    input_passed: ___,
    ...run
  } = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...run, state: 'new', reason: null, owner: null }))
}

function cutInHalf(path: string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  truncateSync(path, Buffer.byteLength(`${lines.slice(0, Math.floor(lines.length / 2)).join('\n')}\n`))
}

async function expectNothingIsSent(place: Workplace, org: ForeignOrg, why: RegExp): Promise<void> {
  const before = org.requests.length
  for (const command of ['resume', 'retry', 'undo']) {
    const end = await place.runHere(org, [command, runId, '--yes', '--quiet'], impatient)
    expect([end.code, end.stderr], command).toEqual([2, expect.stringMatching(why)])
  }
  expect(org.requests).toHaveLength(before)
}

describe.each(['SIGKILL', 'SIGINT'] as const)(
  'a run.json from before the run began to send, after %s',
  (signal) => {
    it.each<[string, (at: (name: string) => string) => void, RegExp]>([
      [
        'the journal is gone',
        (at) => rmSync(at('journal.ndjson')),
        /is missing .*, though the run had begun/,
      ],
      [
        'the journal is empty',
        (at) => truncateSync(at('journal.ndjson')),
        /is gone, and so is everything after it/,
      ],
      [
        'the journal is cut',
        (at) => cutInHalf(at('journal.ndjson')),
        /is gone, and so is everything after it/,
      ],
    ])('does not hide that %s', async (_, lose, why) => {
      await withWorkplace(async (place) => {
        const { org, at } = await ended(place, signal)
        makeNew(at('run.json'))
        lose(at)
        await expectNothingIsSent(place, org, why)
      })
    })

    it('does not hide that the journal is cut and what was kept beside it is gone', async () => {
      await withWorkplace(async (place) => {
        const { org, at } = await ended(place, signal)
        makeNew(at('run.json'))
        cutInHalf(at('journal.ndjson'))
        for (const name of ['journal.head', 'summary.json']) rmSync(at(name), { force: true })
        await expectNothingIsSent(place, org, /run\.json is from before the run began to send/)
        const args = ['resume', runId, '--yes', '--quiet', '--take-sound-part']
        const end = await place.runHere(org, args, impatient)
        expect(end.code, end.stderr).toBeLessThan(2)
        expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
      })
    })

    it('does no harm where the journal is whole', async () => {
      await withWorkplace(async (place) => {
        const { org, at } = await ended(place, signal)
        makeNew(at('run.json'))
        const end = await place.runHere(org, ['resume', runId, '--yes', '--quiet'], impatient)
        expect([end.code, Object.values(org.applied)], end.stderr).toEqual([0, Array(count).fill(1)])
      })
    })
  },
)

it('a run.json of a stop does not vouch for a journal from before that stop', async () => {
  await withWorkplace(async (place) => {
    const { org, at } = await ended(place, 'SIGINT')
    const stopped = readFileSync(at('journal.ndjson'))
    for (const name of ['journal.head', 'journal.ndjson']) copyFileSync(join(place.directory, name), at(name))
    rmSync(at('summary.json'))
    await expectNothingIsSent(place, org, /the journal does not show that stop/)
    writeFileSync(at('journal.ndjson'), stopped)
    rmSync(at('journal.head'))
    // Its end shows the stop, but no longer that nothing came after it.
    await expectNothingIsSent(place, org, /journal\.head beside the journal, .* is gone/)
  })
})

describe.each(['SIGKILL', 'SIGINT'] as const)(
  'an execution that %s has ended after an earlier stop',
  (signal) => {
    it.each(['SIGINT', 'SIGKILL'] as const)(
      'is not forgotten with files from that stop (by %s)',
      async (earlier) => {
        await withWorkplace(async (place) => {
          const { org, at } = await ended(place, earlier)
          const names = ['journal.ndjson', 'journal.head', 'summary.json'].filter((name) =>
            existsSync(at(name)),
          )
          for (const name of names) copyFileSync(at(name), join(place.directory, name))
          const sent = Object.keys(org.applied).length
          const cli = place.start(org, ['resume', runId, '--yes', '--quiet'], impatient)
          await org.waitUntil(() => Object.keys(org.applied).length >= sent + 10)
          cli.kill(signal)
          await cli.ended
          rmSync(at('summary.json'), { force: true })
          for (const name of names) copyFileSync(join(place.directory, name), at(name))
          await expectNothingIsSent(place, org, /is gone, and so is everything after it/)
          const args = ['resume', runId, '--yes', '--quiet', '--take-sound-part']
          const end = await place.runHere(org, args, impatient)
          expect(end.code, end.stderr).toBeLessThan(2)
          expect(Object.values(org.applied)).toEqual(Array(count).fill(1))
          // What is noted in the journal is asked for once.
          expect((await place.runHere(null, ['verify-journal', runId])).code).toBe(0)
        })
      },
    )
  },
)

it('the summary of an earlier stop is not taken for that of the end', async () => {
  await withWorkplace(async (place) => {
    const { org, at } = await ended(place, 'SIGINT')
    copyFileSync(at('summary.json'), join(place.directory, 'summary.json'))
    expect((await place.runHere(org, ['resume', runId, '--yes', '--quiet'], impatient)).code).toBe(0)
    copyFileSync(join(place.directory, 'summary.json'), at('summary.json'))
    const status = await place.runHere(null, ['status', runId])
    expect(status.stdout).toContain(`${count} of ${count} tasks have a result: ${count} succeeded`)
    expect(status.stdout).toContain(`okta-lifecycle report ${runId}`)
    const resumed = await place.runHere(org, ['resume', runId, '--yes'])
    expect([resumed.code, resumed.stderr]).toEqual([
      2,
      expect.stringContaining(`okta-lifecycle report ${runId}`),
    ])
    expect((await place.runHere(null, ['report', runId])).code).toBe(0)
    expect(existsSync(at('summary.json'))).toBe(true)
    expect((await place.runHere(org, ['resume', runId, '--yes'])).code).toBe(0)
  })
})

it('verify-journal says that a finished run has a journal from before its end', async () => {
  await withWorkplace(async (place) => {
    const { org, at } = await ended(place, 'SIGINT')
    const names = ['journal.ndjson', 'journal.head', 'summary.json']
    for (const name of names) copyFileSync(at(name), join(place.directory, name))
    expect((await place.runHere(org, ['resume', runId, '--yes', '--quiet'], impatient)).code).toBe(0)
    for (const name of names) copyFileSync(join(place.directory, name), at(name))
    // Older runs don't say where their last execution began.
    const run = JSON.parse(readFileSync(at('run.json'), 'utf8'))
    writeFileSync(at('run.json'), JSON.stringify({ ...run, journal_begun: undefined }))
    const verified = await place.runHere(null, ['verify-journal', runId])
    expect([verified.code, verified.stdout]).toEqual([
      1,
      expect.stringContaining('run.json says that the run is finished'),
    ])
    await expectNothingIsSent(place, org, /finished|journal/)
  })
})

it('a run that has lost its run.json is shown as damaged, and no older one stands for it', async () => {
  await withWorkplace(async (place) => {
    const { org, at } = await ended(place, 'SIGINT')
    rmSync(at('run.json'))
    for (const named of [[runId], ['--latest'], []]) {
      const status = await place.runHere(null, ['status', ...named])
      expect([status.code, status.stdout], named.join(' ')).toEqual([
        1,
        expect.stringMatching(/damaged: .* has a journal but no run\.json/),
      ])
    }
    await expectNothingIsSent(place, org, /has a journal but no run\.json/)
  })
})

it('a finished run whose journal shows its end needs neither its summary nor what was kept beside the journal', async () => {
  await withWorkplace(async (place) => {
    const { org, at } = await ended(place, 'SIGINT')
    expect((await place.runHere(org, ['resume', runId, '--yes', '--quiet'], impatient)).code).toBe(0)
    for (const name of ['summary.json', 'journal.head']) rmSync(at(name))
    expect((await place.runHere(null, ['verify-journal', runId])).code).toBe(0)
    expect((await place.runHere(null, ['report', runId])).code).toBe(0)
    expect((await place.runHere(org, ['resume', runId])).code).toBe(0)
  })
})

it('status of a run that another was to go on from does not lead to a command that is refused', async () => {
  await withWorkplace(async (place) => {
    const { at } = await ended(place, 'SIGINT')
    const run = JSON.parse(readFileSync(at('run.json'), 'utf8'))
    writeFileSync(at('run.json'), JSON.stringify({ ...run, closed_by: 'next' }))
    const promised = await place.runHere(null, ['status', runId])
    expect(promised.stdout).toMatch(/type again what was to go on from it: .* retry run, or .* undo run/)
    writeFileSync(at('run.json'), JSON.stringify({ ...run, state: 'closed', closed_by: 'next' }))
    const closed = await place.runHere(null, ['status', runId])
    expect(closed.stdout).toContain('another run goes on from this one: okta-lifecycle status next')
  })
})
