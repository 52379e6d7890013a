import { describe, expect, test } from 'vitest'
import { type InputSettings, mapColumns } from '../../../src/input/column-mapping.ts'
import { UnusedColumns } from '../../../src/input/columns/unused-columns.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import { surveyInput } from '../../../src/input/survey.ts'
import { knownErrorOf, withInput } from '../support.ts'

const csv: InputSettings = { format: 'csv', userColumn: null, actionColumn: null }
const now = Date.UTC(2026, 10, 26)

describe('mapColumns', () => {
  test.each([
    'Email Address [Required]',
    'Email (work)',
    'Work Email',
    'primaryEmail',
    'userPrincipalName',
    'User Principal Name:',
    'E-mail*',
    'Ｅｍａｉｌ',
  ])('knows %j as the user', (column) => {
    expect(mapColumns('a.csv', ['Name', column], csv).user).toBe(column)
  })

  test.each([
    'Email [READ ONLY]',
    'Email (Okta login)',
    'E-Mail (dienstlich, Pflichtfeld)',
    'Email (professionnel)',
    'Email（必須）',
    'Email【会社】',
    'Email (e.g. ada@example.com)',
    'Email (*)',
  ])('knows %j, whose brackets are harmless', (column) => {
    expect(mapColumns('a.csv', ['Name', column], csv).user).toBe(column)
  })

  test.each([
    'Email (上司)',
    'Email（上司）',
    'Email (N+1)',
    'Email (Owner)',
    'Email (old)',
    'Email {HR contact}',
    'Email <forward to>',
    'Email (Nachfolger)',
    'Email (work) (buddy)',
  ])('does not take %j by itself, whose brackets may say that somebody else is meant', (column) => {
    expect(() => mapColumns('a.csv', ['Name', column], csv)).toThrow(
      'no column that is known to hold the user',
    )
    expect(mapColumns('a.csv', ['Name', column], { ...csv, userColumn: column }).user).toBe(column)
  })

  test('an action stays one, whatever its brackets say', () => {
    const columns = ['User', 'Action (suspend/deactivate)']
    expect(mapColumns('a.csv', columns, csv).action).toBe(columns[1])
  })

  test('knows the action and send_email by what is left of their names', () => {
    const columns = ['User', 'Action (required)', 'Send Email?']
    expect(mapColumns('a.csv', columns, csv)).toMatchObject({ action: columns[1], sendEmail: columns[2] })
    expect(mapColumns('a.csv', columns, { ...csv, actionColumn: 'None' }).action).toBeNull()
  })

  test("names a job's column that is not there", () => {
    expect(() => mapColumns('a.csv', ['user'], { ...csv, otherColumns: ['Status'] })).toThrow(
      'has no column "Status"',
    )
  })

  test('offers a ready flag where a name is likely, and none with a person in it', async () => {
    const work = Promise.resolve().then(() => mapColumns('a.csv', ['Nr', "HR's Mail"], csv))
    expect((await knownErrorOf(work)).next).toContain("Add --user-column 'HR'\\''s Mail'")
  })

  test.each([
    ['Forward to Email,Leaver', null],
    ['HR mail,Departing user', "'Departing user'"],
    ['Company login,Leaver email', "'Leaver email'"],
    ['Notify mail,Name', null],
    ['Company login,Leaving date', "'Company login'"],
  ])('of %s it names %s', async (columns, likely) => {
    const work = Promise.resolve().then(() => mapColumns('a.csv', columns.split(','), csv))
    const { next } = await knownErrorOf(work)
    if (likely === null) expect(next).toContain('Name it with --user-column NAME')
    else expect(next).toContain(`Add --user-column ${likely}`)
  })
})

describe('resolveColumns', () => {
  function failure(content: string, settings: Partial<InputSettings> = {}, headerLine: number | null = null) {
    return withInput(content, async (file) =>
      knownErrorOf(resolveColumns({ ...file, headerLine }, { ...csv, ...settings })),
    )
  }

  test.each([
    [
      'ada@example.com\nbob@example.com\n',
      {},
      'line 1 was read as the header, but it contains "ada@example.com"',
    ],
    [
      'ada@example.com\nbob@example.com\n',
      { userColumn: 'ada@example.com' },
      'it contains "ada@example.com"',
    ],
    ['00u1ab2cd3ef4gh5ij6k,suspend\n', {}, 'it contains "00u1ab2cd3ef4gh5ij6k"'],
    ['Leavers\n\nName,Email\nAda,ada@example.com\n', {}, 'but line 3 looks like it'],
    ['Leavers of "Q4\nName,Email\nAda,ada@example.com\n', {}, 'but line 2 looks like it'],
    ['For hana@example.com\nName,Email\nAda,ada@example.com\n', {}, 'but line 2 looks like it'],
    ['A;\nName;Key\nAda;ada@example.com\n', { userColumn: 'key' }, 'but line 2 looks like it'],
    ['{"login":"a"}\n', {}, 'looks like JSON'],
    ['"user,""x"""\n', {}, 'each line as a whole is in quotes'],
    ['id,name\n101,Ada\n', {}, 'The cells of "id" are not Okta ids'],
  ])('refuses %j with %j', async (content, settings, message) => {
    expect((await failure(content, settings)).message).toContain(message)
  })

  test('refuses a header line that is blank or missing', async () => {
    for (const line of [1, 9])
      expect((await failure('\nuser\na\n', {}, line)).message).toContain(
        `line ${line} was named as the header`,
      )
  })

  test('takes a column named id for the user where most of its cells are Okta ids', async () => {
    const ids = 'id,name\n00u1ab2cd3ef4gh5ij6k,Ada\n,Bob\n00u1ab2cd3ef4gh5ij6l,C\n101,D\n'
    await withInput(ids, async (file) => expect((await resolveColumns(file, csv)).user).toBe('id'))
    const both = 'id,Work Email\n101,ada@example.com\n'
    await withInput(both, async (file) => expect((await resolveColumns(file, csv)).user).toBe('Work Email'))
  })

  test('reaches into JSON objects by a dotted name, which is offered', async () => {
    await withInput('[{"profile":{"login":"ada@example.com"}}]', async (file) => {
      const settings = { ...csv, format: 'json', userColumn: 'profile.login' } as const
      expect(await resolveColumns(file, settings)).toMatchObject({
        columns: ['profile'],
        user: 'profile.login',
      })
      const error = await knownErrorOf(resolveColumns(file, { ...settings, userColumn: null }))
      expect(error.next).toContain('--user-column profile.login')
    })
  })
})

describe('surveyInput', () => {
  const settings = { format: 'csv', action: 'suspend', steps: null } as const

  test('adds up, and knows short names for what they are in a column of addresses', async () => {
    const content = `email,action,Status
ada@example.com,,Left
bob@example.com,unlock,Left
Sales,,Left
00u1ab2cd3ef4gh5ij6k,,Left
cid@example.com,,Active
NULL,,Left
`
    await withInput(content, async (file) => {
      const where = { status: ['left'] }
      const rules = { ...settings, where }
      const mapping = await resolveColumns(file, { ...csv, otherColumns: ['status'] })
      const survey = await surveyInput(file, mapping, rules, undefined, now)
      expect(survey).toMatchObject({
        rows: 6,
        validRows: 3,
        invalidRows: 2,
        notSelectedRows: 1,
        jobActionRows: 2,
        tasks: 3,
        distinctUsers: 3,
        keys: { id: 1, address: 2, short_name: 0 },
        mapping: { addresses: true },
        unusedColumns: [],
        warnings: [],
      })
      expect(survey.firstInvalid.map(({ row, line }) => [row, line])).toEqual([
        [3, 4],
        [6, 7],
      ])
    })
  })

  test.each([
    ['a@x.com b c', false],
    ['a@x.com b', true],
    ['a@x.com b@x.com c', true],
    ['a@x.com 00u1ab2cd3ef4gh5ij6k c', false],
    ['a b', false],
    ['a@x.com NULL b', true],
  ])('of %j, short names are not users: %j', async (keys, expected) => {
    await withInput(`user\n${keys.replaceAll(' ', '\n')}\n`, async (file) => {
      const { mapping } = await surveyInput(file, await resolveColumns(file, csv), settings)
      expect(mapping.addresses).toBe(expected)
    })
  })
})

describe('UnusedColumns', () => {
  test('looks into objects, and passes over what is used of them', async () => {
    const text = [
      '{"profile":{"login":"ada@example.com","employment":{"status":"Active"}},"job":{"end":"2099-06-30"}}',
      '{"profile":{"login":"bob@example.com","employment":{"status":"Terminated"}},"job":{"end":null}}',
    ].join('\n')
    const json = { format: 'jsonl', userColumn: 'profile.login', actionColumn: null } as const
    await withInput(text, async (file) => {
      const mapping = await resolveColumns(file, json)
      const { warnings } = await surveyInput(file, mapping, {
        format: 'jsonl',
        action: 'suspend',
        steps: null,
      })
      expect(warnings.map(({ column }) => column).sort()).toEqual(['job.end', 'profile.employment.status'])
    })
  })

  function warningsOf(column: string, cells: readonly string[]): string[] {
    const columns = new UnusedColumns([column], [], now)
    for (const cell of cells) columns.add(new Map([[column, cell]]))
    return columns.warnings().map(({ message }) => message)
  }

  test.each([
    ['Status', ['Terminated', 'Active'], 'contains a status in 2 rows, such as "Terminated"'],
    ['What', ['Transfer', ''], 'contains an action in 1 row, such as "Transfer"'],
    ['x', ['reset-factors'], 'contains an action'],
    [
      'Last day',
      ['2026-11-01', '2099-06-30'],
      'contains a date in the future in 1 row, such as "2099-06-30"',
    ],
    ['Last day', ['31.12.2026'], 'a date in the future'],
    ['Last day', ['12/31/2026'], 'a date in the future'],
    ['Last day', ['1-Dec-2026'], 'a date in the future'],
    ['Last day', ['2099/12/31'], 'a date in the future'],
    ['Last day', ['2099年12月31日'], 'a date in the future'],
    ['Last day', ['31-Dec-49'], 'a date in the future'],
    ['Last day', ['12/31/49'], 'a date in the future'],
    ['Last day', ['31. December 2099'], 'a date in the future'],
    ['Last day', ['73050'], 'a date in the future'],
    ['Event', ['New Hire'], 'contains an action'],
    ['accountEnabled', ['True', 'False'], 'contains a status in 2 rows'],
    ['Terminate?', ['Yes', 'No'], 'contains a status in 2 rows'],
    ['Leaver', ['x', ''], 'contains a status in 1 row'],
    ['Stato', ['Attivo'], 'contains a status'],
    ['状態', ['在籍'], 'contains a status'],
    ['Stay?', ['Yes', ''], 'contains a status'],
    ['Process', ['1', '0'], 'contains a status in 2 rows'],
    ['Terminate', ['WAHR'], 'contains a status'],
    ['Notify?', ['no'], 'rename it to send_email'],
    ['Rescinded', ['', 'Yes'], 'contains a status in 1 row'],
    ['On hold', ['No', 'Yes'], 'contains a status in 2 rows'],
    ['Deactivate account', ['x', '', ''], 'contains a mark that the other rows lack in 1 row, such as "x"'],
    ['Anything', [' ', 'TRUE'], 'contains a mark that the other rows lack in 1 row, such as "TRUE"'],
  ])('points out %j with %j', (column, cells, message) => {
    expect(warningsOf(column, cells)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['Name', ['Ada', 'Bruno']],
    ['Last day', ['2026-11-25', '01.02.2020']],
    ['Phone', ['+49 30 2099 1231']],
    ['Last day', ['43831']],
    ['Number', ['73050', 'true']],
    ['Laptop', ['Yes', 'Yes']],
    ['Laptop', ['Yes', 'No', '']],
    ['Laptop', ['', '']],
  ])('says nothing of %j with %j', (column, cells) => {
    expect(warningsOf(column, cells)).toEqual([])
  })

  test('keeps looking at dates, however many there are', () => {
    const days = Array.from({ length: 3000 }, (_, day) =>
      new Date(Date.UTC(2018, 0, 1 + day)).toISOString().slice(0, 10),
    )
    expect(warningsOf('Last day', [...days, '2099-01-01'])).toHaveLength(1)
  })
})
