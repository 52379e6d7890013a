import { describe, expect, test } from 'vitest'
import { resolveColumns } from '../../../src/input/column-mapping.ts'
import { readRows } from '../../../src/input/read-rows.ts'
import type { Cell, InputRow } from '../../../src/input/row.ts'
import { failedCells, failedColumns } from '../../../src/report/failed-rows.ts'
import { collect, knownErrorOf, withInput } from '../support.ts'

async function read(text: string, userColumn: string | null = null): Promise<readonly InputRow[]> {
  return await withInput(text, async (input) => {
    const mapping = await resolveColumns(input, { format: 'json', userColumn, actionColumn: null })
    return await collect(readRows(input, mapping, { format: 'json', action: 'suspend', steps: null }))
  })
}

describe('an object around the records is refused, whatever stands beside them', () => {
  test.each([
    [
      '{"user":"hr@example.com","leavers":[{"email":"ada@example.com"},{"email":"bob@example.com"}]}',
      '["leavers"]',
    ],
    ['{"totalResults":1,"Resources":[{"userName":"ada@example.com"}]}', '["Resources"]'],
    ['{"id":"x","data":{"users":[{"email":"ada@example.com"}]}}', '["data"]["users"]'],
    ['{"1":{"email":"ada@example.com"},"2":{"email":"bob@example.com"}}', "jq '[.[]]'"],
  ])('%s', async (text, expected) => {
    const { message, next } = await knownErrorOf(read(text))
    expect(`${message} ${next}`).toContain(expected)
  })

  test('one record with a list of other things is a record', async () => {
    const rows = await read('{"user":"ada@example.com","groups":[{"name":"Staff"}]}')
    expect(rows).toMatchObject([{ kind: 'valid', user: 'ada@example.com' }])
  })
})

test('elements of an array that are no objects keep their text', async () => {
  const rows = await read(
    '["ada@example.com",{"user":"x@example.com"}, [1,{"a":[2]}],null,5 , {"user":"a@example.com","p":{"k":1,"k":2}}, "a,]b"]',
  )
  expect(rows.map((row) => (row.kind === 'invalid' ? row.raw : row.kind))).toEqual([
    ['"ada@example.com"'],
    'valid',
    ['[1,{"a":[2]}]'],
    ['null'],
    ['5'],
    ['{"user":"a@example.com","p":{"k":1,"k":2}}'],
    ['"a,]b"'],
  ])
})

test('a user that is not a text is marked as not read, digit by digit', async () => {
  const rows = await read('[{"user":123},{"user":12345678901234567890},{"user":true}]')
  const problems = rows.flatMap((row) => (row.kind === 'invalid' ? row.problems : []))
  expect(problems).toMatchObject([
    { isUnread: true },
    { isUnread: true, message: expect.stringContaining('12345678901234567890') },
    { isUnread: true },
  ])
  expect(rows[1]?.cells.get('user')).toBe('12345678901234567890')
})

test('a dotted key beside another value in the object is a bad row, unless both are equal', async () => {
  const rows = await read(
    '[{"profile.login":"ada@example.com","profile":{"login":"bob@example.com"}},{"profile.login":"ada@example.com","profile":{"login":"ada@example.com"}}]',
    'profile.login',
  )
  expect(rows.map(({ kind }) => kind)).toEqual(['invalid', 'valid'])
})

test("failed.csv keeps the input's own column Why", () => {
  expect(failedColumns(['Why', 'email'])).toEqual(['Why', 'email', 'failed_why'])
  expect(failedColumns(['Why', 'email', 'failed_why'])).toEqual(['Why', 'email', 'failed_why'])
  expect(failedColumns(['email', 'why'])).toEqual(['email', 'why'])
  const cells = new Map<string, Cell>([
    ['Why', 'fired'],
    ['profile', { login: 'a@example.com' }],
  ])
  const row = { row: 1, cells, tasks: [], excused: [], notRead: null }
  expect(failedCells(row, ['Why', 'profile.login'])).toEqual(['fired', 'a@example.com', ''])
})
