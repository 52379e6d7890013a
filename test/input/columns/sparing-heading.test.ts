import { expect, it } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import type { Action } from '../../../src/okta/actions.ts'
import { collect, withInput } from '../support.ts'

async function actedOn(text: string, action: Action = 'suspend'): Promise<string[]> {
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, { format: 'csv', userColumn: null, actionColumn: null })
    const rows = await collect(readRows(file, mapping, { format: 'csv', action, steps: null }))
    return rows.flatMap((row) => (row.kind === 'valid' && row.user.includes('@') ? [row.user] : []))
  })
}

it.each([
  'Staying - do not touch',
  'Exceptions',
  'Do NOT deactivate:',
  'Keep (legal hold)',
  'Still employed',
  'Bleiben bis Juni',
  'Ne pas désactiver',
])('acts on nobody under the heading %s, until one that says who is meant', async (heading) => {
  const list = `Email,Name\nada@example.com,Ada\n"${heading}",\nmax@example.com,Max\nmia@example.com,Mia\n`
  expect(await actedOn(list)).toEqual(['ada@example.com'])
  // Departments, remarks and people without an address may stand below it.
  for (const line of ['Sales,', 'TBC,', '(see ticket 123),', ',no account yet', 'total,2'])
    expect(await actedOn(`${list}${line}\nbob@example.com,Bob\n`)).toEqual(['ada@example.com'])
  expect(await actedOn(`${list}Leavers:,3\nbob@example.com,Bob\n`)).toEqual([
    'ada@example.com',
    'bob@example.com',
  ])
  expect(await actedOn(`Email\nada@example.com\n"${heading}"\nmax@example.com\n`)).toEqual([
    'ada@example.com',
  ])
})

it.each([
  'Staying,do not touch',
  'New hires,2',
  'New hires,March 2026',
  '1,Staying',
  'Staying,Staying',
  '=== KEEP ===,====',
  'Staying, do not touch, please',
  'Extended,',
])('is found in %s', async (line) => {
  expect(await actedOn(`Email,Name\nada@example.com,Ada\n${line}\nmax@example.com,Max\n`)).toEqual([
    'ada@example.com',
  ])
})

it('resets nobody who has just come', async () => {
  const list = 'Email,Name\nada@example.com,Ada\nNew hires,\nmax@example.com,Max\n'
  expect(await actedOn(list, 'reset_factors')).toEqual(['ada@example.com'])
})

it.each(['Sales,', 'Leaving in June,', 'Total: 3,', 'Deskaypers,'])(
  'acts on those under %s',
  async (line) => {
    expect(await actedOn(`Email,Name\nada@example.com,Ada\n${line}\nbob@example.com,Bob\n`)).toEqual([
      'ada@example.com',
      'bob@example.com',
    ])
  },
)

it('keeps those bad whom failed.csv writes with the heading, whose row has a reason beside it', async () => {
  const text =
    'Email,why\nStaying,not read: Email: no address\nmax@example.com,not read: the row is under the heading\n'
  expect(await actedOn(text)).toEqual([])
})

it.each([
  ['suspend', 'New hires', 'Leavers:'],
  ['deactivate', 'Joiners:', 'Leaving in June'],
  ['suspend', 'Transfers', 'Terminations'],
  ['suspend', 'Neuzugänge', 'Austritte'],
  ['activate', 'Leavers', 'Joiners'],
  ['unsuspend', 'Départs', 'Nouveaux'],
] as const)('%s acts on nobody under %s, but on those under %s', async (action, other, own) => {
  const list = (heading: string): string =>
    `Email,Name\nada@example.com,Ada\n${heading},\nmax@example.com,Max\n`
  expect(await actedOn(list(other), action)).toEqual(['ada@example.com'])
  expect(await actedOn(list(own), action)).toEqual(['ada@example.com', 'max@example.com'])
  // Where each row says what to do, such a heading says nothing.
  const named = `Email,Action\nada@example.com,${action}\n${other},\nmax@example.com,${action}\n`
  expect(await actedOn(named)).toEqual(['ada@example.com', 'max@example.com'])
})

it.each([
  'Staying (ask hr@example.com),',
  'Do not suspend,hr@example.com',
  '"Do not suspend the following people, as agreed with the works council on 3 March and confirmed by the head of HR in her note of the same day",',
])('is found in %s', async (line) => {
  expect(await actedOn(`Email,Name\nada@example.com,Ada\n${line}\nmax@example.com,Max\n`)).toEqual([
    'ada@example.com',
  ])
})

it.each(['{"email":"Do not suspend:"}', '{"note":"Do not suspend:"}', '"do not suspend"', '["Staying"]'])(
  'is found in JSON as %s',
  async (element) => {
    const text = `[{"email":"ada@example.com"},${element},{"email":"max@example.com"}]`
    const kinds = await withInput(text, async (file) => {
      const mapping = await resolveColumns(file, { format: 'json', userColumn: null, actionColumn: null })
      const settings = { format: 'json', action: 'suspend', steps: null } as const
      return (await collect(readRows(file, mapping, settings))).map(({ kind }) => kind)
    })
    expect(kinds).toEqual(['valid', 'invalid', 'invalid'])
  },
)
