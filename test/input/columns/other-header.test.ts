import { expect, it } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
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
  [
    'a header that says in brackets whom it is about',
    'Name,Email\nAda,ada@example.com\n\nName,Email (new hires)\nNew,new@example.com\n',
  ],
  [
    'Email in its own place again',
    'Name,Email\nAda,ada@example.com\n\nApprover,Email\nMax,max@example.com\n',
  ],
  [
    'a header about managers',
    'Email,Name\nada@example.com,Ada\n\nManager Email,Manager Name\nmax@example.com,Max\n',
  ],
  [
    'a title and a header about managers',
    'Email,Name\nada@example.com,Ada\n\nManagers to inform,\nManager Email,Manager Name\nmax@example.com,Max\n',
  ],
  [
    'a header with one other column',
    'Email,Name,Dept\nada@example.com,Ada,IT\n,,\nJoiners,,\nEmail,Name,Start\nbob@example.com,Bob,1 May\n',
  ],
  [
    'a header of other words, below a blank line',
    'Work Email,Manager\nada@example.com,boss\n\nHR contact,Leaver\nhr@example.com,carl\n',
  ],
  [
    'a title of two cells',
    'Email,Name\nada@example.com,Ada\nJoiners,November\nEmail,Name\nnew@example.com,N\n',
  ],
  ['a German header', 'Name;E-Mail\nAda;ada@example.com\n\nVorgesetzter;E-Mail\nMax;max@example.com\n'],
  ['one column about managers', 'Email\nada@example.com\n\nManager Email\nmax@example.com\n'],
  [
    'a header that names managers alone',
    'Email,Name\nada@example.com,Ada\nManager,Name\nmax@example.com,Max\n',
  ],
  ['one column in one word', 'Email\nada@example.com\nmanagerEmail\nmax@example.com\n'],
  ['fewer columns', 'Email,Name\nada@example.com,Ada\nEmail,\nmax@example.com,\n'],
  ['Japanese', 'Email,名前\nada@example.com,Ada\n上司のメール,上司\nmax@example.com,Max\n'],
])('acts on nobody under %s', async (_, text) => {
  expect(await actedOn(text)).toEqual(['ada@example.com'])
})

it('a title of one word is one too', async () => {
  expect(await actedOn('Email\nada@example.com\nJoiners\nEmail\nnew@example.com\n')).toEqual([
    'ada@example.com',
  ])
})

it.each([
  [
    'the same header with harmless brackets',
    'Email,Name\nada@example.com,Ada\nEmail [required],Name\nbob@example.com,Bob\n',
  ],
  ['the same header on each page', 'Email,Name\nada@example.com,Ada\nEmail,Name\nbob@example.com,Bob\n'],
  ['a bad row', 'Email,Name\nada@example.com,Ada\nTotal,\nbob@example.com,Bob\n'],
  [
    'a header again, with its reason in a failed.csv',
    'Email,Name,why\nada@example.com,Ada,failed: HTTP 403\nEmail,Name,not read: the row repeats a header\nbob@example.com,Bob,in doubt\n',
  ],
  [
    'a row with a cell too many, in which an address stands under a name',
    'Name,Email,Alias\nAda,ada@example.com,a\nSmith, Al,user@example.com,al@example.com\nBo,bob@example.com,b\n',
  ],
  [
    'a name without an address below cells of several lines',
    'Email,Note\nada@example.com,"two\nlines"\nCy Young,Sales\nbob@example.com,y\n',
  ],
  ['a remark', 'Email,Name\nada@example.com,Ada\nno email yet,Cy\nbob@example.com,Bob\n'],
  ['a column without a name', 'Email,,Name\nada@example.com,x,Ada\nEmail,,Name\nbob@example.com,y,Bob\n'],
  ['an empty column at the end', 'Email,\nada@example.com,\nEmail,\nbob@example.com,\n'],
  ['a person called Name', 'Email,Name\nada@example.com,Name\nbob@example.com,Bob\n'],
])('goes on after %s', async (_, text) => {
  expect(await actedOn(text)).toEqual(['ada@example.com', 'bob@example.com'])
})

it('a short name is no header, whatever words it is made of', async () => {
  const rows = await withInput('user\nada1\napp-login\nbob1\n', async (file) => {
    const mapping = await resolveColumns(file, csv)
    return await collect(readRows(file, mapping, { format: 'csv', action: 'suspend', steps: null }))
  })
  expect(rows.map(({ kind }) => kind)).toEqual(['valid', 'valid', 'valid'])
})
