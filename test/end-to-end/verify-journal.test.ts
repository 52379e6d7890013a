import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { journalReportSchema } from '../../src/report/journal-report.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const users = makeUsers({ count: 12 })
const input = usersCsv(users.map(({ id }) => id))

/** A run that has finished, and its journal. */
async function finishedRun(place: Workplace): Promise<{ org: ForeignOrg; path: string; lines: Buffer[] }> {
  const org = await place.org({ users })
  await place.write('in.csv', input)
  const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
  expect(end.code, end.stderr).toBe(0)
  const path = join(place.directory, 'runs', runId, 'journal.ndjson')
  const lines = (await readFile(path, 'latin1')).split(/(?<=\n)/).map((line) => Buffer.from(line, 'latin1'))
  return { org, path, lines }
}

async function verdict(place: Workplace) {
  const end = await place.runHere(null, ['verify-journal', '--json'])
  const report = journalReportSchema.parse(JSON.parse(end.stdout))
  expect(end.code, end.stderr).toBe(report.sound ? 0 : 1)
  expect(report.sound).toBe(report.problem === null)
  return report
}

describe('verify-journal', () => {
  it('finds a finished run’s journal sound, and changes nothing', async () => {
    await withWorkplace(async (place) => {
      const { path, lines } = await finishedRun(place)
      const bytes = Buffer.concat(lines)
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      const last = JSON.parse(lines.at(-1)?.toString() ?? '')
      expect(summary.journal).toEqual({ lines: lines.length, bytes: bytes.length, chain: last.chain })
      for (const args of [[], ['--latest'], [runId], [join('runs', runId)]]) {
        const end = await place.runHere(null, ['verify-journal', ...args])
        expect(end.code, end.stderr).toBe(0)
        expect(end.stdout).toContain(`sound: ${lines.length} lines, ${bytes.length} bytes`)
        expect(end.stdout).toContain('ends where it was recorded to end')
      }
      expect(await verdict(place)).toEqual({
        run_id: runId,
        journal: `runs/${runId}/journal.ndjson`,
        sound: true,
        ...summary.journal,
        torn_bytes: 0,
        recorded: summary.journal,
        working: false,
        problem: null,
      })
      expect((await readFile(path)).equals(bytes)).toBe(true)
    })
  })

  it('names the first thing that is wrong, its line and its byte', async () => {
    await withWorkplace(async (place) => {
      const { path, lines } = await finishedRun(place)
      const lengthOf = (some: readonly Buffer[]): number => Buffer.concat([...some]).length
      const at = 5
      const [line = Buffer.alloc(0), next = line] = lines.slice(at)
      const changed = Buffer.from(line)
      changed[20] = (changed[20] ?? 0) ^ 1
      const lastChanged = Buffer.from(lines.at(-1) ?? '')
      lastChanged[20] = (lastChanged[20] ?? 0) ^ 1
      const last = lines.length - 1
      const damages: readonly (readonly [kind: string, index: number, damaged: readonly Buffer[]])[] = [
        ['altered', at, lines.with(at, changed)],
        ['altered', last, lines.with(last, lastChanged)],
        ['missing', at, lines.toSpliced(at, 1)],
        ['moved', at, lines.with(at, next).with(at + 1, line)],
        ['cut_short', last, lines.slice(0, -1)],
        ['cut_short', last - 2, lines.slice(0, -3)],
        ['cut_short', 0, []],
      ]
      for (const [kind, index, damaged] of damages) {
        await writeFile(path, Buffer.concat([...damaged]))
        const { problem } = await verdict(place)
        expect(problem).toMatchObject({ kind, line: index + 1, offset: lengthOf(lines.slice(0, index)) })
        const told = await place.runHere(null, ['verify-journal', runId])
        expect(told.code).toBe(1)
        expect(told.stdout).toContain(problem?.message)
      }
      await rm(path)
      expect((await verdict(place)).problem?.kind).toBe('cut_short')
    })
  })

  it('finds the journal of another run', async () => {
    await withWorkplace(async (place) => {
      const { org, path } = await finishedRun(place)
      const other = await place.runHere(org, [
        'run',
        'in.csv',
        '--action',
        'suspend',
        '--yes',
        '--run-id',
        'other',
      ])
      expect(other.code, other.stderr).toBe(0)
      await writeFile(path, await readFile(join(place.directory, 'runs', 'other', 'journal.ndjson')))
      const end = await place.runHere(null, ['verify-journal', runId])
      expect(end.code).toBe(1)
      expect(end.stdout).toContain('other_run')
    })
  })

  it('finds a journal sound that a resumed execution wrote on before it died, its tail torn', async () => {
    await withWorkplace(async (place) => {
      const many = makeUsers({ count: 250 })
      const org = await place.org({ users: many, latencyMs: 100 })
      await place.write('in.csv', usersCsv(many.map(({ id }) => id)))
      const args = ['run', 'in.csv', '--action', 'suspend', ...unattended]
      const first = place.start(org, args, impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 3)
      const atWork = await verdict(place)
      expect(atWork).toMatchObject({ sound: true, working: true })
      expect(atWork.recorded?.bytes).toBeLessThanOrEqual(atWork.bytes)
      first.kill('SIGTERM')
      expect((await first.ended).code).toBe(143)
      const stopped = await verdict(place)
      expect(stopped.recorded?.lines).toBe(stopped.lines)
      const second = place.start(org, ['resume', '--latest', '--quiet'], impatient)
      const before = Object.keys(org.applied).length
      await org.waitUntil(() => Object.keys(org.applied).length >= before + 2)
      second.kill('SIGKILL')
      await second.ended
      const path = join(place.directory, 'runs', runId, 'journal.ndjson')
      await writeFile(path, '{"event":"resu', { flag: 'a' })
      const died = await verdict(place)
      expect(died).toMatchObject({ sound: true, working: false })
      expect(died.lines).toBeGreaterThan(stopped.lines)
      // What was kept beside it at work is further than the stop.
      expect(died.recorded?.lines).toBeGreaterThan(stopped.lines)
      expect(died.torn_bytes).toBeGreaterThanOrEqual(14)
      const told = await place.runHere(null, ['verify-journal'])
      expect(told.stdout).toContain('a crash left them')
      const last = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(last.code, last.stderr).toBe(0)
      expect(await verdict(place)).toMatchObject({ sound: true, torn_bytes: 0 })
    })
  })

  it('ends with 2 where there is no such run', async () => {
    await withWorkplace(async (place) => {
      for (const args of [[], ['nothing'], ['nothing', '--json'], ['x', '--latest']]) {
        const end = await place.runHere(null, ['verify-journal', ...args])
        expect(end.code, args.join(' ')).toBe(2)
      }
    })
  })
})

it('a finished run whose journal was cut is taken up again by its sound part, and what was lost is found out', async () => {
  await withWorkplace(async (place) => {
    const { org, path, lines } = await finishedRun(place)
    await writeFile(path, Buffer.concat(lines.slice(0, -4)))
    const retried = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
    expect(retried.code).toBe(2)
    expect(retried.stderr).toContain(`okta-lifecycle resume ${runId} --take-sound-part`)
    const end = await place.runHere(org, ['resume', runId, '--take-sound-part', '--quiet'], impatient)
    expect(end.code, end.stderr).toBe(0)
    expect((await verdict(place)).sound).toBe(true)
    expect((await place.results()).map(({ result }) => result)).toEqual(users.map(() => 'succeeded'))
    expect(org.org.appliedInOrder).toHaveLength(users.length)
    // Without damage there is nothing to take up.
    const again = await place.runHere(org, ['resume', runId, '--take-sound-part'])
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('There is nothing left to do')])
  })
})
