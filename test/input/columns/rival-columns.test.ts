import { describe, expect, test } from 'vitest'
import { plainName } from '../../../src/input/columns/column-names.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import type { InputFormat } from '../../../src/input/row.ts'
import { surveyInput } from '../../../src/input/survey.ts'
import { knownErrorOf, withInput } from '../support.ts'

const csv = { format: 'csv', userColumn: null, actionColumn: null } as const
const settings = { format: 'csv', action: 'suspend', steps: null } as const

async function rivalOf(text: string, format: InputFormat = 'csv'): Promise<string | null> {
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, { ...csv, format })
    const { rival } = await surveyInput(file, mapping, { ...settings, format })
    return rival?.column ?? null
  })
}

describe('RivalColumns', () => {
  test.each([
    [
      'a form with whoever filled it in',
      'Timestamp,Email Address,Employee to offboard\n1,max@example.com,ada@example.com\n2,max@example.com,bob@example.com\n',
      'Employee to offboard',
    ],
    [
      'a form that names columns as it likes',
      "ID,Email,Name,Employee's work email\n1,max@example.com,Max,ada@example.com\n",
      "Employee's work email",
    ],
    ['a log of an audit', 'user,action,target\nadmin@example.com,suspend,ada@example.com\n', 'target'],
    [
      'a list of requests',
      'User,Requested For\nmax@example.com,ada@example.com\nmax@example.com,bob@example.com\n',
      'Requested For',
    ],
    ...[
      'Account holder email',
      'Mailbox Holder UPN',
      'Secondee Email',
      'Supervised employee email',
      'Requested user email',
      'New recruit email',
      'former_employee_email',
      'Leaver email',
    ].map((name): [string, string, string] => [
      name,
      `Email,${name}\nhr@example.com,ada@example.com\n`,
      name,
    ]),
    [
      'another address that is a colleague',
      'Email,Other Email\nmax@example.com,ada@example.com\nmia@example.com,bob@example.com\n',
      'Other Email',
    ],
    [
      'one name beside several people',
      'Username,Employee Email\nhr.admin,ada@example.com\nhr.admin,bob@example.com\n',
      'Employee Email',
    ],
    [
      'people that only some rows name',
      'Employee,Employee Email,Email\nAda,cyd@example.com,hr@example.com\nBob,,bob@example.com\nDee,,dee@example.com\n',
      'Employee Email',
    ],
    ['names with addresses', 'Email,Leaver\nhr@example.com,Ada Roe <ada@example.com>\n', 'Leaver'],
    ['links to addresses', 'Email,Leaver\nhr@example.com,mailto:ada@example.com\n', 'Leaver'],
    ['several in a cell', 'Email,Leavers\nhr@example.com,"ada@example.com, bob@example.com"\n', 'Leavers'],
    [
      'ids beside addresses',
      'Email,Leaver Okta user\nhr@example.com,00u1ab2cd3ef4gh5ij6k\n',
      'Leaver Okta user',
    ],
    ['addresses beside ids', 'user,Leaver\n00u1ab2cd3ef4gh5ij6k,ada@example.com\n', 'Leaver'],
    ['ids', 'user,target\n00u1ab2cd3ef4gh5ij6k,00u1ab2cd3ef4gh5ij7m\n', 'target'],
  ])('finds the other column of %s', async (_, text, column) => {
    expect(await rivalOf(text)).toBe(column)
  })

  test.each([
    ['a manager', 'Work Email,Manager Email\nada@example.com,max@example.com\n'],
    ...[
      'manager_email',
      'Requested by',
      'Requester email',
      'approverEmail',
      'Supervisor',
      'Line Manager E-Mail',
      'Recruiter',
      'Old email',
      'previous_email',
      'Employee personal email',
    ].map((name): [string, string] => [name, `email,${name}\nada@example.com,sweet.max@example.net\n`]),
    ['a manager in one word', 'email,managerEmail\nada@example.com,max@example.com\n'],
    ['a private address', 'email,Personal Email\nada@example.com,sweet.ada@example.net\n'],
    ['the same name elsewhere', 'user_principal_name,Mail\nada@example.com,ADA@corp.example.com\n'],
    ['an id beside an address', 'user,Mail\n00u1ab2cd3ef4gh5ij6k,ada@example.com\n'],
    [
      'a name of its own',
      'Username,Employee Email\nafenwick,ada.fenwick@example.com\nbkatz,bob.katz@example.com\n',
    ],
    [
      'one user of several rows',
      'user,action,Mail\nada1,suspend,ada@example.com\nada1,deactivate,Ada@example.com\n',
    ],
    [
      'few cells',
      'email,Remark\nada@example.com,ask max@example.com\nbob@example.com,\ncy@example.com,Max <max@example.com>\ndee@example.com,\n',
    ],
    [
      'few accounts that may be the same people',
      'email,Member address\nada.fenwick@example.com,fenwick3@example.com\nbob@example.com,\ncy@example.com,\n',
    ],
    ['a cell with the user and others', 'email,Cc\nada@example.com,"ada@example.com; max@example.com"\n'],
    ["the user's own id", 'email,Okta User ID\nada@example.com,00u1ab2cd3ef4gh5ij6k\n'],
    [
      'a link to an id',
      'email,Link\nada@example.com,https://example.com/api/v1/users/00u1ab2cd3ef4gh5ij6k\n',
    ],
    ['no other column', 'email\nada@example.com\n'],
  ])('finds none with %s', async (_, text) => {
    expect(await rivalOf(text)).toBeNull()
  })
})

describe('RivalColumns in JSON', () => {
  test.each([
    [{ email: 'hr@example.com', leaver: { name: 'Ada', email: 'ada@example.com' } }, 'leaver.email'],
    [{ email: 'hr@example.com', leavers: ['ada@example.com', 'bob@example.com'] }, 'leavers'],
    [
      { email: 'hr@example.com', form: { answers: [{ value: 'Ada <ada@example.com>' }] } },
      'form.answers.value',
    ],
    [{ email: 'ada@example.com', manager: { email: 'max@example.com' } }, null],
    [
      {
        email: 'ada@example.com',
        profile: { secondEmail: 'sweet@example.net', login: 'ada@corp.example.com' },
      },
      null,
    ],
    [{ id: '00u1ab2cd3ef4gh5ij6k', profile: { login: 'ada@example.com' } }, null],
  ])('%j', async (record, expected) => {
    expect(await rivalOf(JSON.stringify([record]), 'json')).toBe(expected)
  })
})

describe('a column about somebody else', () => {
  test.each([
    'Email (Manager)',
    'E-Mail [Vorgesetzter]',
    'Work Email (Supervisor) (User)',
    'Email (Requested by)',
  ])('%j is not the column of the user', async (column) => {
    await withInput(`Employee Email,${column}\nada@example.com,max@example.com\n`, async (file) => {
      const error = await knownErrorOf(resolveColumns(file, csv))
      expect(error?.next).toContain("--user-column 'Employee Email'")
    })
  })

  test('is never offered as the one with the users', async () => {
    await withInput('Name,Manager Email,Office Mail\nAda,max@example.com,ada@example.com\n', async (file) => {
      expect((await knownErrorOf(resolveColumns(file, csv)))?.next).toContain("--user-column 'Office Mail'")
    })
    await withInput('Name,Manager Email\nAda,max@example.com\n', async (file) => {
      expect((await knownErrorOf(resolveColumns(file, csv)))?.next).not.toContain('Manager')
    })
    const tickets = 'Key,Reporter Email,Custom field (Employee Email)\n1,max@example.com,ada@example.com\n'
    await withInput(tickets, async (file) => {
      const { next } = await knownErrorOf(resolveColumns(file, csv))
      expect(next).toContain("--user-column 'Custom field (Employee Email)'")
    })
    await withInput('Name^Email\nAda^ada@example.com\n', async (file) => {
      expect((await knownErrorOf(resolveColumns(file, csv)))?.next).not.toContain('^')
    })
  })

  test.each([
    ['Email Address [Required]', 'emailaddress'],
    ['E-Mail (work)', 'email'],
    ['Email (Manager)', 'emailmanager'],
  ])('%j is %j', (column, name) => {
    expect(plainName(column)).toBe(name)
  })
})

test('the reasons of a failed.csv are no rival: they may name the user in other words', async () => {
  const text =
    'ref,user,why\nr0,user1,failed: user user1@example.com was not found\nr1,user2,"skipped: row 1, user2@example.com"\n'
  expect(await rivalOf(text)).toBeNull()
})
