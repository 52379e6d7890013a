import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ForeignStatus, type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
import { auditRun } from './audit.ts'
import { parseCsv, runId, type Workplace, withWorkplace } from './workplace.ts'

interface Case {
  readonly file: string
  readonly flags: readonly string[]
  readonly expect: 'read' | 'bad_rows' | 'refused' | 'either'
  readonly tasks?: readonly Task[]
  readonly bad?: readonly { readonly row: number; readonly line?: number; readonly says?: string }[]
  readonly says?: readonly string[]
  readonly warns?: readonly string[]
}

interface Task {
  readonly row: number
  /** Whom it is done to; where that is nobody, the key as it is written. */
  readonly login: string
  readonly action: string
  readonly result: string
  /** Whom the message names, because Okta would have taken the key for that user. */
  readonly names?: string
  readonly mail?: boolean
}

const directory = fileURLToPath(new URL('../input/cases/', import.meta.url))
const { cases } = JSON.parse(readFileSync(`${directory}cases.json`, 'utf8')) as { cases: Case[] }

/** Whoever the files mean, and others whose short names stand in such files without meaning them. */
const people: Readonly<Record<string, readonly [status: ForeignStatus, id?: string]>> = {
  'ada.fenwick@example.com': ['ACTIVE', '00u1aaaaaaaaaaaaaaa1'],
  'bruno.katz@example.com': ['ACTIVE', '00u1aaaaaaaaaaaaaaa2'],
  'chloe.marsh@example.com': ['ACTIVE'],
  'jane.roe@example.com': ['ACTIVE'],
  "pat.o'hara@example.com": ['ACTIVE'],
  'jörg@example.com': ['ACTIVE'],
  'new.one@example.com': ['STAGED'],
  'new.two@example.com': ['STAGED'],
  'new.three@example.com': ['STAGED'],
  'jane@example.com': ['ACTIVE'],
  'ada@example.com': ['ACTIVE'],
  '123@example.com': ['ACTIVE'],
  '00123@example.com': ['ACTIVE'],
  '101@example.com': ['ACTIVE'],
  'total@example.com': ['ACTIVE'],
  'none@example.com': ['ACTIVE'],
  'sales@example.com': ['ACTIVE'],
  'email@example.com': ['ACTIVE'],
  'unknown@example.com': ['ACTIVE'],
  'afenwick@example.com': ['ACTIVE'],
}

function makePeople(): ForeignUser[] {
  const entries = Object.entries(people)
  const made = makeUsers({ count: entries.length, hasPassword: true })
  return made.flatMap((user, index) => {
    const [login, [status, id]] = entries[index] ?? ['', ['ACTIVE']]
    return [{ ...user, login, status, id: id ?? user.id }]
  })
}

/** Runs a file in an org of its own. */
async function runCase(place: Workplace, { file, flags }: Case, more: readonly string[], id: string) {
  const users = makePeople()
  const org = await place.org({ users })
  const args = ['run', `${directory}files/${file}`, ...flags, ...more, '--yes', '--quiet', '--run-id', id]
  const end = await place.runHere(org, args)
  const loginOf = new Map(users.map((user) => [user.id, user.login]))
  const applied = Object.entries(org.applied).flatMap(([name, count]) => {
    const [user = '', action] = name.split(' ')
    return Array.from({ length: count }, () => `${loginOf.get(user)} ${action}`)
  })
  // Okta sends a mail on activate unless it is told not to.
  const mails = org.requests.filter(({ action, path }) =>
    action === 'activate' ? !path.includes('sendEmail=false') : path.includes('sendEmail=true'),
  )
  return { end, applied: applied.sort(), mails: mails.length }
}

type Ran = Awaited<ReturnType<typeof runCase>>

function expectRefused({ end, applied }: Ran, says: readonly string[] = []): void {
  expect(end.code, end.stderr).toBe(2)
  expect(applied).toEqual([])
  for (const pattern of says) expect(end.stderr).toMatch(new RegExp(pattern, 'i'))
}

/** Exactly the tasks were done, to nobody else, and the reports have every row. */
async function expectDone(place: Workplace, ran: Ran, one: Case, id: string): Promise<void> {
  const { end, applied } = ran
  const { tasks = [], bad = [] } = one
  const done = tasks.filter(({ result }) => result === 'succeeded')
  expect(applied, end.stderr).toEqual(done.map(({ login, action }) => `${login} ${action}`).sort())
  const allWell = bad.length === 0 && tasks.every(({ result }) => result !== 'failed')
  expect(end.code, end.stderr).toBe(allWell ? 0 : 1)
  const lines = parseCsv(await place.read(`runs/${id}/results.csv`))
  expect(lines.map(({ row }) => Number(row))).toEqual(
    [...tasks, ...bad].map(({ row }) => row).sort((some, other) => some - other),
  )
  for (const task of tasks) {
    const line = lines.find(({ row, action }) => Number(row) === task.row && action === task.action)
    expect(line).toMatchObject({ result: task.result })
    if (task.names !== undefined) expect(line?.message).toContain(task.names)
  }
  for (const { row } of bad) {
    expect(lines.find((line) => Number(line.row) === row)).toMatchObject({ result: 'skipped', attempts: '0' })
  }
  const mails = done.filter(({ mail }) => mail === true).length
  if (tasks.some(({ mail }) => mail !== undefined)) expect(ran.mails).toBe(mails)
  for (const column of one.warns ?? []) expect(end.stderr).toContain(column)
  const audited = await auditRun(place, id)
  const agrees = /\.xlsx$/.test(one.file)
    ? /an Excel workbook/
    : /Compared with the input: (\d+) of \1 rows|because it is not JSON there/
  expect(audited, audited.said).toMatchObject({ code: 0, said: expect.stringMatching(agrees) })
}

describe('a file as people have them, run against an org', () => {
  it.each(cases)('$file $flags', async (one) => {
    await withWorkplace(async (place) => {
      const ran = await runCase(place, one, [], runId)
      if (one.expect === 'refused') expectRefused(ran, one.says)
      else if (one.expect === 'either' && ran.end.code === 2) expectRefused(ran, one.says)
      else if (one.expect === 'bad_rows') {
        expectRefused(ran)
        for (const { row, line, says } of one.bad ?? []) {
          const where = line === undefined ? `row ${row}` : `row ${row} \\(line ${line}\\)`
          expect(ran.end.stderr).toMatch(new RegExp(`^ *${where}.*${says ?? ''}`, 'im'))
        }
        await expectDone(place, await runCase(place, one, ['--skip-invalid'], 'skipping'), one, 'skipping')
      } else await expectDone(place, ran, one, runId)
      // What is left of it, if anything is, is nobody.
      if (one.expect === 'refused')
        expect((await runCase(place, one, ['--skip-invalid'], 'skipping')).applied).toEqual([])
    })
  })
})
