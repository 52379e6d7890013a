import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { forbidden, jsonAnswer } from '../support/foreign-org/answer.ts'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { userJson } from '../support/foreign-org/view.ts'
import {
  countsOf,
  expectAppliedOnce,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const count = 40
const ids = makeUsers({ count }).map(({ id }) => id)
const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }

/** A run of 39 users that was ended in its middle, and its journal as it was left. */
async function brokenOffRun(
  place: Workplace,
  signal: NodeJS.Signals = 'SIGKILL',
  fault?: (request: LoggedRequest) => Fault | null,
): Promise<{ org: ForeignOrg; path: string; bytes: Buffer }> {
  const users = makeUsers({ count, factors: 1 })
  const options = { users, ownerId: userIdOf(count), latencyMs: 20 }
  const org = await place.org(fault === undefined ? options : { ...options, fault })
  await place.write('in.csv', usersCsv(ids.slice(0, -1)))
  const cli = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended], impatient)
  await org.waitUntil(() => Object.keys(org.applied).length >= 15)
  cli.kill(signal)
  await cli.ended
  const path = join(place.directory, 'runs', runId, 'journal.ndjson')
  return { org, path, bytes: await readFile(path) }
}

/** Where each line begins. */
function offsetsOf(bytes: Buffer): readonly number[] {
  const offsets = [0]
  for (const [at, byte] of bytes.entries()) if (byte === 0x0a) offsets.push(at + 1)
  return offsets
}

function without(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
}

describe('a journal that is damaged in the middle', () => {
  type Damage = (bytes: Buffer, from: number, to: number) => Buffer
  const damages: readonly (readonly [name: string, damage: Damage])[] = [
    [
      'one bit',
      (bytes, from) => {
        const copy = Buffer.from(bytes)
        copy[from + 20] = (copy[from + 20] ?? 0) ^ 1
        return copy
      },
    ],
    ['a line is gone', without],
    [
      'a line stands there twice',
      (bytes, from, to) => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
    ],
    ['zeros over a line', (bytes, from, to) => Buffer.from(bytes).fill(0, from, to - 1)],
    ['half a line', (bytes, from, to) => without(bytes, from + 30, to - 1)],
  ]

  it('stops resume, names the byte, and nothing is sent', async () => {
    await withWorkplace(async (place) => {
      const { org, path, bytes } = await brokenOffRun(place)
      // Only of what the last whole line says was on disk can it be told that zeros over it are no power cut's.
      const [synced = ''] =
        bytes.toString('latin1').match(/(?<="synced":")[0-9a-f]+(?=",[^\n]*\n[^\n]*$)/) ?? []
      const offsets = offsetsOf(bytes.subarray(0, Number.parseInt(synced, 16)))
      const line = Math.floor(offsets.length / 2)
      const [from = 0, to = 0] = offsets.slice(line)
      const requests = org.requests.length
      for (const [name, damage] of damages) {
        const damaged = damage(bytes, from, to)
        await writeFile(path, damaged)
        const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
        expect(end.code, name).toBe(2)
        // A line that stands there twice is wrong where it comes the second time.
        const at = name.includes('twice') ? to : from
        expect(end.stderr, name).toMatch(new RegExp(`\\b${at}\\b`))
        expect((await readFile(path)).equals(damaged), name).toBe(true)
        // Whose token it is may have been asked; no user was.
        expect(org.requests.slice(requests).every(({ key }) => key === 'me')).toBe(true)
      }
      await writeFile(path, bytes)
      const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(0)
    })
  })
})

describe('a journal with a torn tail', () => {
  const half = '{"event":"result","row":39,"step":1,"user":"'
  it.each([
    ['half a line', half],
    ['a line whose end is missing', `${half}x","chain":"0123456789abcdef0123456789abcdef","crc":"01234567"}`],
    ['zeros', '\0'.repeat(4096)],
    ['half a line and zeros', `${half}${'\0'.repeat(50)}`],
    ['a lost sector, and the rest of a line after it', 'sector'],
  ])('goes on: %s', async (_, torn) => {
    await withWorkplace(async (place) => {
      const { org, path, bytes } = await brokenOffRun(place)
      // The kill itself may have torn a line.
      const sound = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
      const tail = torn === 'sector' ? `${'\0'.repeat(512 - (sound.length % 512))}"}\n${half}` : torn
      await writeFile(path, Buffer.concat([sound, Buffer.from(tail)]))
      const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(0)
      await expectAllDone(place, org)
    })
  })

  it('goes on: the last line itself is torn', async () => {
    await withWorkplace(async (place) => {
      const { org, path, bytes } = await brokenOffRun(place, 'SIGINT')
      // As after a loss of power before the summary is written: nothing records where the journal ends.
      for (const name of ['summary.json', 'journal.head'])
        await rm(join(place.directory, 'runs', runId, name))
      const runFile = join(place.directory, 'runs', runId, 'run.json')
      await forgetHead(runFile)
      const run = JSON.parse(await readFile(runFile, 'utf8'))
      await writeFile(runFile, JSON.stringify({ ...run, state: 'running', reason: null }))
      await writeFile(path, bytes.subarray(0, -40))
      const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(0)
      await expectAllDone(place, org)
    })
  })
})

describe('a journal whose end was on disk when the run stopped', () => {
  it.each([
    ['torn', (bytes: Buffer) => bytes.length - 40],
    ['gone', (bytes: Buffer) => offsetsOf(bytes).at(-3) ?? 0],
    ['gone, and all before it', () => 0],
  ])('stops resume and status where that end is %s, and nothing is sent', async (_, length) => {
    await withWorkplace(async (place) => {
      const { org, path, bytes } = await brokenOffRun(place, 'SIGINT')
      const cut = bytes.subarray(0, length(bytes))
      await writeFile(path, cut)
      const requests = org.requests.length
      const sound = cut.lastIndexOf(0x0a) + 1
      for (const command of ['resume', 'status']) {
        const end = await place.runHere(org, [command, '--latest'], impatient)
        expect(end.code, command).toBe(2)
        expect(end.stderr).toMatch(
          new RegExp(`at byte ${sound}: .*(on disk before|is not as it was written|not the last)`),
        )
        expect(end.stderr).toContain(`okta-lifecycle resume ${runId} --take-sound-part`)
      }
      expect((await readFile(path)).equals(cut)).toBe(true)
      expect(org.requests.slice(requests).every(({ key }) => key === 'me')).toBe(true)
      await writeFile(path, bytes)
      const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(0)
    })
  })
})

/** Makes a run one from before it was kept beside the journal how far that is on disk. */
async function forgetHead(runFile: string): Promise<void> {
  const run = JSON.parse(await readFile(runFile, 'utf8')) as object
  await writeFile(runFile, JSON.stringify({ ...run, journal_head: undefined }))
}

async function expectAllDone(place: Workplace, org: ForeignOrg): Promise<void> {
  expectAppliedOnce(
    org.applied,
    ids.slice(0, -1).map((id) => `${id} reset_factors`),
  )
  const lines = await place.results()
  expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: count - 1 })
  // What was appended reads back: the next resume finds a sound journal with nothing left to do.
  const again = await place.runHere(org, ['resume', '--latest', '--quiet'])
  expect(again.code, again.stderr).toBe(0)
  expect(await place.results()).toEqual(lines)
}

describe('resume', () => {
  it('refuses another org', async () => {
    await withWorkplace(async (place) => {
      const { org } = await brokenOffRun(place)
      const other = await place.org({ users: makeUsers({ count, factors: 1 }), ownerId: userIdOf(count) })
      const end = await place.runHere(other, ['resume', '--latest', '--quiet'])
      expect(end.code).toBe(2)
      expect(end.stderr).toContain(org.url)
      expect(end.stderr).toContain(other.url)
      expect(other.requests).toEqual([])
    })
  })

  it.each([
    ['another user', jsonAnswer(200, makeUsers({ count: 1 }).map(userJson)[0]), 2],
    // Asked again for a while: a refusal may pass, and a token always has an owner.
    ['nobody that Okta shows', forbidden(), 4],
  ])('refuses a token that belongs to %s now', async (_, answer, code) => {
    await withWorkplace(async (place) => {
      let changed = false
      const fault = ({ key }: LoggedRequest): Fault | null =>
        changed && key === 'me' ? { name: 'answer', when: 'before', answer } : null
      const { org } = await brokenOffRun(place, 'SIGKILL', fault)
      changed = true
      const before = org.requests.length
      const end = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(code)
      expect(end.stderr + end.stdout).toMatch(/owner/)
      expect(new Set(org.requests.slice(before).map(({ key }) => key))).toEqual(new Set(['me']))
      changed = false
      const again = await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      expect(again.code, again.stderr).toBe(0)
    })
  })

  it('finds nothing to do in a finished run, and changes nothing', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2, status: ['ACTIVE', 'STAGED'] }) })
      await place.write('in.csv', usersCsv(ids.slice(0, 2)))
      const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expect(first.code, first.stderr).toBe(1)
      const results = await place.read(`runs/${runId}/results.csv`)
      const calls = org.requests.filter(({ key }) => key !== 'me').length
      const end = await place.runHere(org, ['resume', runId])
      expect(end.code, end.stderr).toBe(1)
      expect(await place.read(`runs/${runId}/results.csv`)).toBe(results)
      expect(org.requests.filter(({ key }) => key !== 'me')).toHaveLength(calls)
    })
  })

  it('needs a run, and takes a directory as well as an id', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      for (const args of [
        ['resume'],
        ['resume', '--latest'],
        ['resume', 'nothing'],
        ['resume', 'x', '--latest'],
      ]) {
        const end = await place.runHere(org, args)
        expect(end.code, args.join(' ')).toBe(2)
        expect(end.stderr).toMatch(/run/)
      }
      await place.write('in.csv', usersCsv(ids.slice(0, 1)))
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      const end = await place.runHere(org, ['resume', `runs/${runId}`])
      expect(end.code, end.stderr).toBe(0)
    })
  })
})

describe('status', () => {
  it('tells how far a run is, while it is at work, after it was killed, and at its end', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 100 })
      await place.write('in.csv', usersCsv(ids))
      const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 12)
      const working = await place.runHere(null, ['status', '--json'])
      expect(working.code, working.stderr).toBe(0)
      const seen = JSON.parse(working.stdout)
      expect(seen).toMatchObject({ run_id: runId, state: 'working', rows: count, tasks: count, org: org.url })
      expect(seen.results.succeeded).toBeGreaterThan(0)
      expect(seen.done + seen.results.not_run + seen.results.unsettled).toBe(count)
      cli.kill('SIGKILL')
      await cli.ended

      const died = await place.runHere(null, ['status', runId])
      expect(died.code, died.stderr).toBe(0)
      expect(died.stdout).toContain(`okta-lifecycle resume ${runId}`)
      expect(JSON.parse((await place.runHere(null, ['status', '--json'])).stdout).state).toBe('died')

      await place.runHere(org, ['resume', '--latest', '--quiet'], impatient)
      const finished = await place.runHere(null, ['status', '--latest', '--json'])
      expect(JSON.parse(finished.stdout)).toMatchObject({
        state: 'finished',
        done: count,
        results: { succeeded: count, not_run: 0 },
      })
    })
  })
})

describe('what a program reads', () => {
  it('run --json prints the summary and nothing else on standard output', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2, status: ['ACTIVE', 'STAGED'] }) })
      await place.write('in.csv', usersCsv(ids.slice(0, 2)))
      const args = ['run', 'in.csv', '--action', 'suspend', '--yes', '--run-id', runId, '--json']
      const end = await place.runHere(org, args)
      expect(end.code, end.stderr).toBe(1)
      const summary = JSON.parse(end.stdout)
      expect(summary).toEqual(JSON.parse(await place.read(`runs/${runId}/summary.json`)))
      expect(summary).toMatchObject({ exit_code: 1, results: { succeeded: 1, failed: 1 } })
      expect(parseCsv(await place.read(summary.files.results_csv))).toHaveLength(2)
      // Nobody watches: no colour, no cursor movement.
      expect(end.stderr).not.toContain('\u001b')
    })
  })

  it('validate tells what is right and wrong, and sends nothing', async () => {
    await withWorkplace(async (place) => {
      await place.write(
        'good.csv',
        'login,action,send_email\nuser1,suspend,\nuser2,activate,\nuser2,activate,no\n',
      )
      const good = await place.runHere(null, ['validate', 'good.csv'])
      expect(good.code, good.stderr).toBe(0)
      expect(good.stdout).toMatch(/3 rows/)
      expect(good.stdout).toMatch(/2 users/)
      expect(good.stdout).toMatch(/1 mail/)
      const told = await place.runHere(null, ['validate', 'good.csv', '--json'])
      expect(JSON.parse(told.stdout)).toMatchObject({
        valid: true,
        rows: 3,
        users: 2,
        tasks: 3,
        actions: { suspend: 1, activate: 2 },
        columns: { user: 'login', action: 'action', send_email: 'send_email' },
      })

      await place.write('bad.csv', 'login,action\nuser1,suspend\n,suspend\nuser2,fly\n')
      const bad = await place.runHere(null, ['validate', 'bad.csv'])
      expect(bad.code).toBe(2)
      expect(bad.stderr).toMatch(/2 of 3 rows/)
      expect(bad.stderr).toMatch(/row 2 \(line 3\): .*empty/)
      expect(bad.stderr).toMatch(/row 3 \(line 4\): .*fly/)
      const badJson = await place.runHere(null, ['validate', 'bad.csv', '--json'])
      expect(badJson.code).toBe(2)
      expect(JSON.parse(badJson.stdout)).toMatchObject({ valid: false, invalid_rows: 2 })
      expect(await place.runs()).toEqual([])
    })
  })
})
