import { describe, expect, test } from 'vitest'
import { RowSubject } from '../../../src/input/columns/row-subject.ts'

/** What the unused columns of a table show; the first column is the user's. */
function found(table: string): readonly [column: string, shows: string] | null {
  const [header = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','))
  const subject = new RowSubject(header.slice(1))
  for (const row of rows)
    subject.add(row[0] ?? '', new Map(header.map((column, index) => [column, row[index] ?? ''])))
  const other = subject.found()
  return other === null ? null : [other.column, other.shows]
}

describe('RowSubject', () => {
  test.each([
    [
      'Email,Manager,Employee\nzoe.yan@example.com,Zoe Yan,Ada\nxen.wim@example.com,Xen Wim,Bob',
      'Manager',
      'same',
    ],
    ['Email,Opened by\njane.hr@example.com,Jane Hr', 'Opened by', 'same'],
    ['Email,Requester email\nmax@example.com,Max@example.com', 'Requester email', 'same'],
    ['Email,Name of leaver\nhr@example.com,Ada Fenwick\nhr@example.com,Bob Katz', 'Name of leaver', 'others'],
    ['Email,Leaver login\nhr@example.com,afenwick\nhr2@example.com,bkatz', 'Leaver login', 'others'],
    ['Username,Who is leaving?\nmax@example.com,Ada Fenwick', 'Who is leaving?', 'others'],
    ['Username,Their login\nmax@example.com,afenwick', 'Their login', 'others'],
    ['Email,Affected user\njane@example.com,Ada\njane@example.com,Bob', 'Affected user', 'others'],
    ['Email,Full name\nhr@example.com,Ada Roe\nhr@example.com,Bob Katz', 'Full name', 'others'],
  ])('%s', (table, column, shows) => {
    expect(found(table)).toEqual([column, shows])
  })

  test.each([
    'Email,Leaver\nada.fenwick@example.com,Ada Fenwick\nbkatz@example.com,Bob Katz',
    'Email,Leaver\nzoe@example.com,Zoë Yan\nada@example.com,yes',
    'Email,Leaver\nada@example.com,x\nbob@example.com,x',
    'Email,Leaving date,Termination reason\nada@example.com,1 May,Resigned\nbob@example.com,2 May,Other',
    'Email,Employee,Manager\nu12345@example.com,Ada Fenwick,Max Roe\nu12346@example.com,Bob Katz,Max Roe',
    'Email,Name\nada@example.com,Ada\nada@example.com,Ada',
    'Email,Manager\nmax@example.com,Max\nada@example.com,Max\nbob@example.com,Max',
    'Email,Department name\nada@example.com,Sales\nada@example.com,Ops',
    'Email,why\nada@example.com,failed: Leaver Max',
    'Email\nada@example.com',
  ])('nothing in %s', (table) => {
    expect(found(table)).toBeNull()
  })
})
