import { expect, it } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import { collect, withInput } from '../support.ts'

async function read(text: string, userColumn: string | null = null): Promise<string[]> {
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, { format: 'csv', userColumn, actionColumn: null })
    const rows = await collect(readRows(file, mapping, { format: 'csv', action: 'suspend', steps: null }))
    return rows.map((row) => (row.kind === 'valid' ? row.user : row.kind))
  })
}

it.each([
  [
    'ends every line with a separator',
    'Name,Manager Email,Work Email,\nSmith, Ada,lead@example.com,ada@example.com\nBo,lead@example.com,bo@example.com,\n',
  ],
  [
    'ends the header with one',
    'Name,Manager Email,Work Email,\nSmith, Ada,lead@example.com,ada@example.com\nBo,lead@example.com,bo@example.com\n',
  ],
  ['has a remark behind its table', 'Name,Work Email,\nAda,ada@example.com,keep her\nBo,bo@example.com,\n'],
  [
    'was a failed.csv',
    'Name,Work Email,,why\nAda,ada@example.com,shifted,\nBo,bo@example.com,,failed: HTTP 403\n',
  ],
])('a text behind the last named column is looked at by a person, where the file %s', async (_, text) => {
  expect(await read(text)).toEqual(['invalid', 'bo@example.com'])
})

it('is none of the columns that are used', async () => {
  expect(await read('Name,\nAda,ada@example.com\n', 'column_2')).toEqual(['ada@example.com'])
})
