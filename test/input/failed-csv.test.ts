import { expect, test } from 'vitest'
import { formOf, type NamedForm } from '../../src/input/failed-csv.ts'
import { readRows } from '../../src/input/read-rows.ts'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import { collect, encode, knownErrorOf, withInput } from './support.ts'

const plain: NamedForm = { format: null, encoding: null, headerLine: null }
const written: NamedForm = { ...plain, format: 'csv' }

async function form(content: string | Buffer, named: Partial<NamedForm>, userColumn: string | null = null) {
  return await withInput(content, async (file) => await formOf(file, { ...plain, ...named }, userColumn))
}

const refused = 'Email,Name,why\nName,Email,"not read: the user has no @"\n'
const umlaut = 'Email,Name,why\nada@example.com,Jürgen,failed: HTTP 403\n'

test.each([
  ['a header line', refused, { headerLine: 2 }],
  ['a row with another number of cells', 'Email,why\na,b,c,not read: 3 cells\n', { headerLine: 3 }],
  ['a sheet', 'Email,why\nada@example.com,in doubt\n', { format: 'xlsx', headerLine: 3 }],
  ['JSON lines', 'Email,why\nada@example.com,\n', { format: 'jsonl' }],
  ['another encoding', umlaut, { encoding: 'windows-1252' }],
  ['a spreadsheet in between', 'Email;why;;\n"\'=a";not run;;\n', { headerLine: 2 }],
] as const)('a failed.csv is read as it was written, whatever was said of %s', async (_, content, named) => {
  expect(await form(content, named)).toEqual(written)
})

test("a spreadsheet's own encoding stays, where it is not UTF-8", async () => {
  const named = { encoding: 'windows-1252' } as const
  expect(await form(encode(umlaut, 'windows-1252'), named)).toEqual({ ...written, ...named })
})

test.each([
  ['its column of reasons was renamed', 'Email,Grund\nlead@example.com,not read: 5 cells\n'],
  ['its column of reasons was taken out', 'Email,Dept,\nlead@example.com,not read: 5 cells,\n'],
  ['a spreadsheet has added a column', 'Email,Dept,\nlead@example.com,IT,Not read: 5 cells\n'],
])('a row that could not be read stays bad where %s', async (_, content) => {
  const kinds = await withInput(content, async (file) => {
    const mapping = await resolveColumns(file, { format: 'csv', userColumn: null, actionColumn: null })
    const settings = { format: 'csv', action: 'suspend', steps: null } as const
    return (await collect(readRows(file, mapping, settings))).map(({ kind }) => kind)
  })
  expect(kinds).toEqual(['invalid'])
})

test.each([
  ['no added column', 'Email,Name\nada@example.com,Ada\n', {}],
  ['a column that is not the last', 'why,Email\nfailed: x,ada@example.com\n', {}],
  ['no user', 'Reasons,why\nfailed: x,failed: x\n', {}],
  ['JSON', '[{"user":"ada@example.com","why":"failed: x"}]', { format: 'json' }],
] as const)('any other file is what was said of it: %s', async (_, content, named) => {
  const said = { headerLine: 2, ...named }
  expect(await form(content, said)).toEqual({ ...plain, ...said })
})

test('without any reason left, the header is asked for', async () => {
  const error = await knownErrorOf(form('Email,why\nada@example.com,\n', { headerLine: 2 }))
  expect(error.message).toContain('line 1 looks like the header of a failed.csv')
  expect(error.next).toContain('--header-line 1')
})

test('a row that is marked as not read is never a header', async () => {
  const settings = { format: 'csv', userColumn: null, actionColumn: null } as const
  await withInput(`Title,,\n${refused}`, async (file) => {
    const error = await knownErrorOf(resolveColumns({ ...file, headerLine: 3 }, settings))
    expect(error.message).toContain('line 3 was named as the header, but it is a row that a failed.csv marks')
  })
})
