import { expect, it } from 'vitest'
import { resolveColumns } from '../../../src/input/column-mapping.ts'
import { readRows } from '../../../src/input/read-rows.ts'
import { collect, withInput } from '../support.ts'

const csv = { format: 'csv', userColumn: null, actionColumn: null } as const

async function actedOn(text: string): Promise<string[]> {
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, csv)
    const rows = await collect(readRows(file, mapping, { format: 'csv', action: 'suspend', steps: null }))
    return rows.flatMap((row) => (row.kind === 'valid' && row.user.includes('@') ? [row.user] : []))
  })
}

it.each([
  ['a title and the header again', 'Email\nada@example.com\n\nNew hires\nEmail\nnew@example.com\n'],
  [
    'the columns in another order',
    'Email,Manager Email\nada@example.com,max@example.com\nManager Email,Email\nmax@example.com,bob@example.com\n',
  ],
  [
    'a header of other columns',
    'Email,Name\nada@example.com,Ada\n\nManager,Email\nmax@example.com,bob@example.com\n',
  ],
  [
    'a title over two columns',
    'Email,Name\nada@example.com,Ada\nJoining next month,\nEmail,Name\nnew@example.com,New\nnext@example.com,Next\n',
  ],
])('acts on nobody under %s', async (_, text) => {
  expect(await actedOn(text)).toEqual(['ada@example.com'])
})

it('a title of one word is one too', async () => {
  expect(await actedOn('Email\nada@example.com\nJoiners\nEmail\nnew@example.com\n')).toEqual([
    'ada@example.com',
  ])
})

it.each([
  ['the same header on each page', 'Email,Name\nada@example.com,Ada\nEmail,Name\nbob@example.com,Bob\n'],
  ['a bad row', 'Email,Name\nada@example.com,Ada\nTotal,\nbob@example.com,Bob\n'],
  ['a person called Name', 'Email,Name\nada@example.com,Name\nbob@example.com,Bob\n'],
])('goes on after %s', async (_, text) => {
  expect(await actedOn(text)).toEqual(['ada@example.com', 'bob@example.com'])
})
