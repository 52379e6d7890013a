import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import type { InvalidRow, ValidRow } from '../../../src/input/row.ts'
import { rowSettings } from '../../../src/job/input-settings.ts'
import { type InputArguments, prepare } from '../../../src/job/prepare.ts'
import { KnownError } from '../../../src/messages/known-error.ts'
import { surveyCopy } from '../../../src/run/check-input.ts'
import { collect } from '../support.ts'

interface Case {
  readonly file: string
  readonly flags: readonly string[]
  readonly expect: 'read' | 'bad_rows' | 'refused' | 'either'
  readonly tasks?: readonly { row: number; login: string; action: string; names?: string }[]
  readonly bad?: readonly { row: number; line?: number; says?: string }[]
  readonly says?: readonly string[]
  readonly warns?: readonly string[]
}

const directory = new URL('.', import.meta.url).pathname
const { cases } = JSON.parse(readFileSync(join(directory, 'cases.json'), 'utf8')) as { cases: Case[] }

const flagNames: Readonly<Record<string, keyof InputArguments>> = {
  '--action': 'action',
  '--user-column': 'userColumn',
  '--action-column': 'actionColumn',
  '--encoding': 'encoding',
  '--header-line': 'headerLine',
}

function argumentsOf(flags: readonly string[]): InputArguments {
  const args: Record<string, unknown> = {}
  for (let place = 0; place < flags.length; place += 2) {
    const name = flagNames[flags[place] ?? '']
    if (name === undefined) throw new Error(`${flags[place]} is not known here`)
    args[name] = name === 'headerLine' ? Number(flags[place + 1]) : flags[place + 1]
  }
  return args
}

/** What the check makes of a file: its refusal, or its rows. */
async function check({ file, flags }: Case) {
  const work = await mkdtemp(join(tmpdir(), 'case-'))
  try {
    const prepared = await prepare(join(directory, 'files', file), argumentsOf(flags))
    const { input, job, mapping, survey } = await surveyCopy(prepared, work)
    const rows = await collect(readRows(input, mapping, rowSettings(job)))
    const valid = rows.filter((row): row is ValidRow => row.kind === 'valid')
    const invalid = rows.filter((row): row is InvalidRow => row.kind === 'invalid')
    expect(survey).toMatchObject({ rows: rows.length, validRows: valid.length, invalidRows: invalid.length })
    expect(survey.firstInvalid.map(({ row }) => row)).toEqual(invalid.map(({ row }) => row))
    return { refusal: null, valid, invalid, survey }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { refusal: `${error.message}\n${error.next}`, valid: [], invalid: [], survey: null }
  } finally {
    await rm(work, { recursive: true })
  }
}

type Checked = Awaited<ReturnType<typeof check>>

function problemsOf(rows: readonly InvalidRow[]): string {
  return rows.flatMap(({ problems }) => problems.map(({ message }) => message)).join('\n')
}

function expectRefused(found: Checked, { says = [] }: Case): void {
  expect(found.valid).toEqual([])
  const message = found.refusal ?? `${problemsOf(found.invalid)} ${found.survey?.mapping.columns.join(' ')}`
  expect(message).not.toBe('')
  for (const pattern of says) expect(message).toMatch(new RegExp(pattern, 'i'))
}

function expectRead(found: Checked, { tasks = [], bad = [], warns = [] }: Case): void {
  expect(found.refusal).toBeNull()
  expect(found.valid.flatMap(({ row, actions }) => actions.map((action) => [row, action]))).toEqual(
    tasks.map(({ row, action }) => [row, action]),
  )
  expect(found.valid.map(({ user }) => user.toLowerCase())).toEqual(
    found.valid.map(({ row, keyKind, user }) => {
      const login = tasks.find((task) => task.row === row)?.login
      return keyKind === 'id' ? user.toLowerCase() : login?.toLowerCase()
    }),
  )
  const invalid = found.invalid.map(({ row, line }) => (bad[0]?.line === undefined ? { row } : { row, line }))
  expect(invalid).toEqual(bad.map(({ row, line }) => (line === undefined ? { row } : { row, line })))
  for (const { row, says } of bad) {
    const problems = problemsOf(found.invalid.filter((one) => one.row === row))
    if (says !== undefined) expect(problems).toMatch(new RegExp(says, 'i'))
  }
  for (const column of warns)
    expect(found.survey?.warnings.some(({ message }) => message.includes(column))).toBe(true)
}

describe('files as people have them', () => {
  test.each(cases)('$file $flags', async (one) => {
    const found = await check(one)
    if (one.expect === 'refused') expectRefused(found, one)
    else if (one.expect === 'either' && found.valid.length === 0) expectRefused(found, one)
    else expectRead(found, one)
  })
})
