import { describe, expect, test } from 'vitest'
import { type InputSettings, mapColumns } from '../../src/input/column-mapping.ts'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import { knownErrorOf, withInput } from './support.ts'

const csv: InputSettings = { format: 'csv', userColumn: null, actionColumn: null }

describe('mapColumns', () => {
  test.each([
    ...[
      'user',
      'userId',
      'user_id',
      'USER ID',
      'id',
      'okta_id',
      'Okta-Id',
      'Login',
      'username',
      ' e-mail ',
      'EMAIL',
      '="login"',
      '\u00a0Login\u200b',
    ],
  ])('takes %j for the user', (column) => {
    expect(mapColumns('leavers.csv', ['name', column], csv)).toMatchObject({
      user: column,
      action: null,
      sendEmail: null,
    })
  })

  test('finds the action and send_email', () => {
    const columns = ['Operation', 'email', 'Send E-Mail', 'sendEmail']
    expect(mapColumns('leavers.csv', ['login', 'ACTION', 'Send_Email'], csv)).toMatchObject({
      user: 'login',
      action: 'ACTION',
      sendEmail: 'Send_Email',
    })
    expect(() => mapColumns('leavers.csv', columns, csv)).toThrow(
      'may hold the send_email setting: "Send E-Mail", "sendEmail"',
    )
  })

  test('an explicit name matches exactly first, then in any letter case', () => {
    const columns = ['Key', 'key', 'What', 'user']
    const named = (userColumn: string, actionColumn: string) =>
      mapColumns('leavers.csv', columns, { format: 'csv', userColumn, actionColumn })
    expect(named('key', 'WHAT')).toMatchObject({ user: 'key', action: 'What' })
    expect(named('Key', 'what')).toMatchObject({ user: 'Key', action: 'What' })
    expect(mapColumns('leavers.csv', ['="Key"', 'b'], { ...csv, userColumn: 'key' })).toMatchObject({
      user: '="Key"',
    })
    expect(() => named('KEY', 'what')).toThrow('several columns may hold the user: "Key", "key"')
  })

  test.each([
    [['id', 'login', 'x'], csv, 'several columns may hold the user: "id", "login"', '--user-column NAME'],
    [
      ['userId', 'user_id'],
      csv,
      'several columns may hold the user: "userId", "user_id"',
      '--user-column NAME',
    ],
    [
      ['name', 'dept'],
      csv,
      'no column that is known to hold the user. Its columns are: "name", "dept"',
      '--user-column NAME',
    ],
    [['user', 'action', 'operation'], csv, 'several columns may hold the action', '--action-column NAME'],
    [
      ['a', 'b'],
      { ...csv, userColumn: 'c' },
      'has no column "c" for the user. Its columns are: "a", "b"',
      '--user-column NAME',
    ],
    [
      ['user', 'b'],
      { ...csv, actionColumn: 'c' },
      'has no column "c" for the action',
      '--action-column NAME',
    ],
    [
      ['user', 'b'],
      { ...csv, actionColumn: 'USER' },
      'was named for both the user and the action',
      '--action-column',
    ],
  ])('does not guess among %j', async (columns, settings, message, next) => {
    const error = await knownErrorOf(
      Promise.resolve().then(() => mapColumns('leavers.csv', columns, settings)),
    )
    expect(error.message).toContain(message)
    expect(error.next).toContain(next)
  })
})

describe('resolveColumns', () => {
  test.each([
    ['csv', 'note;login;a,b\n'],
    ['csv', 'note\tlogin\t"a,b"\n'],
    ['json', '[{"note":1},5,{"login":"x","note":2},{"a,b":null}]'],
    ['jsonl', '{"note":1}\n{"login":"x"}\nbroken\n{"a,b":[]}'],
  ] as const)('finds the columns of %s %j', async (format, content) => {
    await withInput(content, async (file) => {
      for (const size of [1, 65_536])
        expect(await resolveColumns(file, { ...csv, format }, size)).toEqual({
          columns: ['note', 'login', 'a,b'],
          user: 'login',
          action: null,
          sendEmail: null,
          addresses: false,
        })
    })
  })

  test('takes the delimiter under which the named column is there', async () => {
    await withInput('who;a,b,c\n', async (file) => {
      expect(await resolveColumns(file, { ...csv, userColumn: 'WHO' })).toMatchObject({
        columns: ['who', 'a,b,c'],
        user: 'who',
      })
    })
  })

  test('takes the delimiter under which there is something to choose from', async () => {
    await withInput('id;login;a,b,c,d,e\n', async (file) => {
      expect((await knownErrorOf(resolveColumns(file, csv))).message).toContain('"id", "login"')
    })
  })

  test('keeps the order of JSON keys that look like numbers', async () => {
    await withInput('[{"user":"a","10":1,"2":1}]', async (file) => {
      expect((await resolveColumns(file, { ...csv, format: 'json' })).columns).toEqual(['user', '10', '2'])
    })
  })

  test('an input without records has no columns to choose from', async () => {
    await withInput('[]', async (file) => {
      expect(await resolveColumns(file, { format: 'json', userColumn: 'who', actionColumn: null })).toEqual({
        columns: [],
        user: 'who',
        action: null,
        sendEmail: null,
        addresses: false,
      })
    })
  })

  test('refuses endless different keys', async () => {
    const lines = Array.from({ length: 10_001 }, (_, index) => `{"user${index}":1}`).join('\n')
    await withInput(lines, async (file) => {
      const error = await knownErrorOf(resolveColumns(file, { ...csv, format: 'jsonl' }))
      expect(error.message).toBe(
        'leavers.csv, row 10001 (line 10001): the records so far have more than 10000 different keys.',
      )
    })
  })
})
