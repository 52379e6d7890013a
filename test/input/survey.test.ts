import { expect, test } from 'vitest'
import type { InputSettings } from '../../src/input/column-mapping.ts'
import type { RowSettings } from '../../src/input/judge-row.ts'
import { readRows } from '../../src/input/read-rows.ts'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import type { InputFormat } from '../../src/input/row.ts'
import { surveyInput } from '../../src/input/survey.ts'
import { collect, withInput } from './support.ts'

function survey(content: string, format: InputFormat, settings: Omit<RowSettings, 'format'>, now?: number) {
  return withInput(content, async (file) => {
    const columns: InputSettings = { format, userColumn: null, actionColumn: null }
    return surveyInput(file, await resolveColumns(file, columns), { format, ...settings }, undefined, now)
  })
}

test('counts rows, users and tasks', async () => {
  const content = `user,action,send_email
ada,activate,
ada ,activate,yes
ADA,suspend,
grace,activate,no
grace,deactivate,
,activate,
linus,fire,
too,few
`
  const found = await survey(content, 'csv', { action: null, steps: null })
  expect(found).toMatchObject({ rows: 8, validRows: 5, invalidRows: 3, distinctUsers: 3, tasks: 5 })
  expect(found.firstInvalid.map(({ row }) => row)).toEqual([6, 7, 8])
  expect(found.tasksByAction).toEqual(
    new Map([
      ['activate', 3],
      ['suspend', 1],
      ['deactivate', 1],
    ]),
  )
  expect(found.tasksByActionAndSendEmail).toEqual(
    new Map([
      ['activate', { unset: 1, true: 1, false: 1 }],
      ['suspend', { unset: 1, true: 0, false: 0 }],
      ['deactivate', { unset: 1, true: 0, false: 0 }],
    ]),
  )
})

test('tells apart what is not due, and what repeats the preceding row of its key', async () => {
  const content = `user,day
ada,2026-11-20
ada,2026-11-20
ada,2027-01-01
ada,2026-11-20
bob,2027-01-01
bob,2026-11-20
`
  const due = { column: 'day', at: null, timeZone: 'UTC', timeZoneColumn: null, format: null }
  const now = Date.parse('2026-11-26T00:00:00Z')
  const found = await survey(content, 'csv', { action: 'suspend', steps: null, due }, now)
  // A row that is not due is not the preceding one: the fourth repeats the second.
  expect(found).toMatchObject({ rows: 6, validRows: 6, notDueRows: 2, duplicateRows: 2 })
  expect(found).toMatchObject({ tasks: 6, distinctUsers: 2, dueUsers: 2 })
  expect(found.tasksByAction).toEqual(new Map([['suspend', 2]]))
  const before = await survey(content, 'csv', { action: 'suspend', steps: null, due }, 0)
  expect(before).toMatchObject({ notDueRows: 6, duplicateRows: 0, distinctUsers: 2, dueUsers: 0, tasks: 6 })
  expect(before.tasksByAction).toEqual(new Map())
})

test('samples what is done with each user: due rows in their order, repetitions apart', async () => {
  const due = { column: 'day', at: null, timeZone: 'UTC', timeZoneColumn: null, format: null }
  const now = Date.parse('2026-11-26T00:00:00Z')
  const sampleOf = async (...rows: readonly string[]) => {
    const content = `${['user,action,day', ...rows].join('\n')}\n`
    return (await survey(content, 'csv', { action: null, steps: null, due }, now)).sample
  }
  const sent = 'ada@x.com,suspend,2026-11-01'
  const back = 'ada@x.com,unsuspend,2026-11-20'
  const once = await sampleOf(sent)
  expect(once).toMatchObject({ hashes: [expect.any(Number)], actions: [expect.any(Number)] })
  expect(await sampleOf(sent, 'ADA@x.com,suspend,2026-11-02', 'ada@x.com,unsuspend,2027-01-01')).toEqual(once)
  const twice = await sampleOf(sent, back)
  expect(twice.hashes).toEqual(once.hashes)
  expect(new Set([once, twice, await sampleOf(back)].map(({ actions }) => actions?.[0])).size).toBe(3)
  expect(await sampleOf(sent, 'bob@x.com,unlock,2026-11-01', back)).toMatchObject({
    actions: expect.arrayContaining([...(twice.actions ?? [])]),
  })
})

test('counts a task for each step', async () => {
  const found = await survey('[{"user":"a","sendEmail":true},{"user":"b"}]', 'json', {
    action: null,
    steps: ['suspend', 'deactivate'],
  })
  expect(found).toMatchObject({ rows: 2, tasks: 4, distinctUsers: 2 })
  expect(found.tasksByActionAndSendEmail.get('deactivate')).toEqual({ unset: 1, true: 1, false: 0 })
})

test('keeps the first twenty invalid rows', async () => {
  const found = await survey('{"user":"me"}\n'.repeat(50), 'jsonl', { action: 'suspend', steps: null })
  expect(found).toMatchObject({ rows: 50, validRows: 0, invalidRows: 50, tasks: 0, distinctUsers: 0 })
  expect(found.firstInvalid.map(({ row }) => row)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
})

test('an input without rows counts nothing', async () => {
  for (const [content, format] of [
    ['user\n', 'csv'],
    ['[]', 'json'],
  ] as const)
    expect(await survey(content, format, { action: 'suspend', steps: null })).toMatchObject({
      rows: 0,
      tasks: 0,
    })
})

test('finds the same titles as the reading after it, which knows that the keys are addresses', async () => {
  const text =
    'email,department\nada@example.com,Sales\nemail,department\nbruno@example.com,Ops\nom,Sales\nemail,department\ncleo@example.com,Ops\n'
  const columns: InputSettings = { format: 'csv', userColumn: null, actionColumn: null }
  const settings = { format: 'csv', action: 'suspend', steps: null, shortNames: true } as const
  await withInput(text, async (file) => {
    const found = await surveyInput(file, await resolveColumns(file, columns), settings)
    const rows = await collect(readRows(file, found.mapping, settings))
    const kinds = rows.map(({ kind }) => kind)
    expect(kinds).toEqual(['valid', 'invalid', 'valid', 'invalid', 'invalid', 'valid'])
    expect([found.validRows, found.invalidRows]).toEqual([3, 3])
  })
})
