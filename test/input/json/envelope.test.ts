import { describe, expect, test } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import type { InputRow } from '../../../src/input/row.ts'
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
    [
      '{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[{"userName":"ada@example.com"}]}',
      `jq '.["Resources"]'`,
    ],
    ['{"1":{"email":"ada@example.com"},"2":{"email":"bob@example.com"}}', "jq '[.[]]'"],
    [
      '{"ada@example.com":{"state":"leaving"},"bob@example.com":{}}',
      "jq 'to_entries | map({user: .key} + .value)' FILE",
    ],
    ['{"ada@example.com":"suspend"}', "jq 'to_entries | map({user: .key, action: .value})' FILE"],
    ['{"ada@example.com":"HR"}', "jq 'to_entries | map({user: .key, value: .value})' FILE"],
    [
      '{"ada@example.com":{"send_email":"false"},"bob@example.com":null}',
      "jq 'to_entries | map({user: .key} + (.value // {}))' FILE",
    ],
    [
      '{"made":"2026","users":{"ada@example.com":{"manager":"max@example.com"}}}',
      `jq '.["users"] | to_entries | map({user: .key} + .value)' FILE`,
    ],
    ['[{"user":"ada@example.com"}]\n[{"user":"bob@example.com"}]', "jq --slurp 'add' FILE"],
  ])('%s', async (text, expected) => {
    const { message, next } = await knownErrorOf(read(text))
    expect(`${message} ${next}`).toContain(expected)
  })

  test.each([
    '{"stayers":[{"login":"max@example.com"}],"leavers":[{"login":"ada@example.com"}]}',
    '{"stayers":{"max@example.com":{}},"leavers":{"ada@example.com":{}}}',
    '[{"a":1,"stayers":[{"login":"max@example.com"}],"leavers":[{"login":"ada@example.com"}]}]',
    '[{"stayers":[{"login":"max@example.com"}],"leavers":[{"login":"ada@example.com"}]},{"stayers":[]}]',
  ])('of several lists, no command takes one: %s', async (text) => {
    const { next } = await knownErrorOf(read(text))
    expect(next).toContain('use an input with only the users to act on')
    expect(next).not.toContain('jq')
  })

  test.each([
    '{"Nutzer":"ada@example.com","managers":[{"email":"max@example.com"}]}',
    '{"Nutzer":"ada@example.com","managers":{"max@example.com":{}}}',
    '[{"Nutzer":"ada@example.com","managers":[{"email":"max@example.com"}]},{"Nutzer":"bob@example.com"}]',
  ])('nobody is told to take out those who are hardly meant: %s', async (text) => {
    const { next } = await knownErrorOf(read(text))
    expect(next).toMatch(/^If the user is under a key of the record, name it with --user-column NAME/)
    expect(next).not.toContain('jq')
  })

  test.each([
    ['[{"dept":"A","who":[{"email":"ada@example.com"}]},{"dept":"B","who":[]}]', `jq '[.[]["who"][]?]' FILE`],
    [
      '{"dept":"A","who":[{"email":"ada@example.com"}]}\n{"dept":"B","who":[]}',
      `jq --slurp '[.[]["who"][]?]' FILE`,
    ],
    ['[{"in a":{"b c":[{"email":"ada@example.com"}]}}]', `jq '.[0]["in a"]["b c"]' FILE`],
    [
      '[{"users":{"ada@example.com":{}}}]',
      `jq '.[0]["users"] | to_entries | map({user: .key} + .value)' FILE`,
    ],
    ['[{"1":{"email":"ada@example.com"},"2":{"email":"bob@example.com"}}]', "jq '[.[0][]]' FILE"],
  ])('the command reaches into a list or a stream of objects: %s', async (text, expected) => {
    expect((await knownErrorOf(read(text))).next).toContain(expected)
  })

  test.each([
    ['{"ada@example.com":{"email":"max@example.com"},"bob@example.com":{"email":"max@example.com"}}', 'user'],
    ['{"users":{"ada@example.com":{"user":"max@example.com"},"bob@example.com":{}}}', 'login'],
    ['{"ada@example.com":{"user":"max@example.com"}}', 'login'],
    ['[{"ada@example.com":{"user":"max@example.com","login":"ada@example.com"}}]', 'username'],
  ])(
    'keys that are users are lost neither to the fields under them nor to nothing: %s',
    async (text, column) => {
      const { next } = await knownErrorOf(read(text))
      expect(next).toContain(`to_entries | map({${column}: .key} + .value)`)
    },
  )

  test.each([
    // A key twice: jq would take the last.
    '{"leavers":[{"user":"ada@example.com","user":"max@example.com"},{"user":"bob@example.com"}]}',
    '[{"leavers":[{"user":"ada@example.com","user":"max@example.com"}]},{"leavers":[]}]',
    // What is to be done stands beside the list, or over it.
    '{"action":"unsuspend","users":[{"user":"ada@example.com"}]}',
    '[{"action":"suspend","users":[{"user":"ada@example.com"}]},{"action":"unsuspend","users":[]}]',
    '{"status":"cancelled","users":[{"user":"ada@example.com"}]}',
    '{"unsuspend":[{"user":"ada@example.com"}]}',
    '{"action":"activate","users":{"ada@example.com":{}}}',
    // Who is to be spared.
    '{"do_not_touch":[{"user":"max@example.com"}]}',
    '{"staying":{"max@example.com":{}}}',
    '{"protected":{"max@example.com":{"n":1}}}',
    '[{"group":"leavers","users":[{"user":"ada@example.com"}]},{"group":"do not touch","users":[{"user":"max@example.com"}]}]',
    // Others may be those who are meant.
    '{"leavers":["ada@example.com"],"contacts":[{"email":"max@example.com"}]}',
    '{"leavers":[{"mail":"ada@example.com"}],"contacts":{"max@example.com":{}}}',
    '{"contacts":[{"email":"max@example.com"}]}\n{"leavers":[{"email":"ada@example.com"}]}',
    '[{"leavers":[{"email":"ada@example.com"}]},{"leavers":"bob@example.com"}]',
    // Who is not meant after all.
    '{"ada@example.com":true,"bob@example.com":false}',
    '{"leavers":{"ada@example.com":"yes","bob@example.com":"no"}}',
    '{"ada@example.com":0}',
    '{"ada@example.com":{"user":"a","login":"a","username":"a","email":"a","user_id":"a"}}',
  ])('no command would tell who is meant and what is to be done: %s', async (text) => {
    const { next } = await knownErrorOf(read(text))
    expect(next).not.toContain('jq')
    expect(next).toContain('use an input with only the users to act on')
  })

  test.each([
    '{"users":{"1":{"email":"ada@example.com"},"2":{"email":"bob@example.com"}}}',
    '{"owner":{"email":"max@example.com"},"users":{"E2":{"email":"ada@example.com"}}}',
  ])('no name is offered that reaches one of several: %s', async (text) => {
    expect((await knownErrorOf(read(text))).next).not.toMatch(/--user-column [^N]/)
  })

  test.each([
    '{"user":"max@example.com","ada@example.com":{"last_day":"2024-05-01"},"bob@example.com":null}',
    '[{"user":"ada@example.com"},{"user":"max@example.com","cat@example.com":1}]',
    '{"user":"max@example.com","data":[{"ada@example.com":{"x":1}},{"bob@example.com":{"x":1}}]}',
    '[{"user":"ada@example.com"},{"user":"max@example.com","note":"Do not suspend"}]',
  ])('a record is not about its user where others are its keys, or it says so: %s', async (text) => {
    const last = (await read(text)).at(-1)
    expect(last).toMatchObject({ kind: 'invalid' })
  })

  test('a record beside whose user others stand comes back from failed.csv as a bad row', async () => {
    const [row] = await read('[{"user":"max@example.com","members":["Ada Smith"]}]')
    expect(row).toMatchObject({ kind: 'invalid', problems: [{ isUnread: true }] })
  })

  test.each([
    '[{"user":"ada@example.com","email":"max@example.com"},{"user":"bob@example.com"}]',
    '[{"login":"ada@example.com","user":"max@example.com"},{"login":"bob@example.com"}]',
  ])('a list that was made so, in which the fields name others, is refused: %s', async (text) => {
    expect((await knownErrorOf(read(text))).message).toContain('several columns may hold the user')
  })

  test.each([
    '{"max@example.com":{"reports":[{"email":"ada@example.com"},{"email":"bob@example.com"}]}}',
    '{"max@example.com":[{"email":"ada@example.com"}]}',
    '{"teams":{"max@example.com":{"people":[{"email":"ada@example.com"}]}}}',
    '{"max@example.com":{"ada@example.com":{},"bob@example.com":{}}}',
    '{"made":1,"max@example.com":{"email":"max@example.com"},"2":{"email":"bob@example.com"}}',
  ])('where users stand under users, a person has to say who is meant: %s', async (text) => {
    const { message, next } = await knownErrorOf(read(text))
    expect(message).toContain('It is not clear which of them to act on')
    expect(next).not.toContain('jq')
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

test('numbers that JavaScript would change keep their digits wherever they stand, and are no texts for a user', async () => {
  const id = '90071992547409931'
  const rows = await read(
    `[{"n":{"id":${id},"list":[{"id":${id}},1],"big":1e400,"small":1.5},"id":${id}}]`,
    'n.id',
  )
  const n = { id, list: [{ id }, 1], big: '1e400', small: 1.5 }
  expect(rows).toMatchObject([
    {
      kind: 'invalid',
      problems: [
        {
          column: 'n.id',
          message: `the user is the number ${id}; an id or a login, as text, was expected`,
        },
      ],
    },
  ])
  expect([...(rows[0]?.cells ?? [])]).toEqual([
    ['n', n],
    ['id', id],
  ])
})

test('a list of one record is a list, whatever the record holds with ids of its own', async () => {
  const record = '{"email":"ada@example.com","groups":[{"id":"00g1ab2cd3ef4gh5ij6k"}]}'
  expect(await read(`[${record}]`)).toMatchObject([{ kind: 'valid', user: 'ada@example.com' }])
  expect(await read(`[${record},${record}]`)).toHaveLength(2)
  // One object without a list around it may itself be around the list of those that are meant.
  await expect(read(record)).rejects.toThrow('the record names a user, and also contains a list of users')
  await expect(read('[{"user":"hr@example.com","leavers":[{"id":"00u1ab2cd3ef4gh5ij6k"}]}]')).rejects.toThrow(
    'contains a list of users',
  )
})

test('in every record, a list of users beside its user is a bad row', async () => {
  const rows = await read(
    `[{"user":"hr@example.com","leavers":[{"email":"ada@example.com"}]},
      {"user":"00u1ab2cd3ef4gh5ij6k","users":{"all":[{"login":"bob@example.com"}]}},
      {"user":"cy@example.com","leavers":[],"groups":[{"id":"00g1ab2cd3ef4gh5ij6k","name":"Staff"}]}]`,
  )
  expect(rows.map(({ kind }) => kind)).toEqual(['invalid', 'invalid', 'valid'])
  const [first] = rows
  expect(first?.kind === 'invalid' ? first.problems : []).toMatchObject([
    { column: 'leavers', message: expect.stringContaining('there are other users under "leavers"') },
  ])
})

describe('several people under keys that are words: who is meant has to be named', () => {
  const ada = { email: 'ada@example.com' }
  const max = { login: 'max@example.com' }
  test.each([
    [{ leaver: ada, manager: max }, 'Add --user-column leaver.email '],
    [[{ name: 'Ada', supervisor: max, contact: ada }], 'Add --user-column contact.email '],
    [{ ada, max }, '"ada.email", "max.login"'],
    [{ approver: ada, manager: max }, 'Add --user-column NAME '],
  ])('%j', async (record, expected) => {
    const { next } = await knownErrorOf(read(JSON.stringify(record)))
    expect(next).toContain(expected)
    expect(next).not.toContain('jq')
  })

  test.each([
    [{ u1: ada, u2: max }, "jq '[.[]]'"],
    [{ 'Ada@example.com': ada, 'max@example.com': max }, "jq '[.[]]'"],
    [{ users: { 'ada@example.com': ada } }, `jq '[.["users"][]]'`],
    [{ '00u1ab2cd3ef4gh5ij6k': ada, '00u1ab2cd3ef4gh5ij6l': max }, '{user: .key} + .value'],
  ])('numbers, and keys that say the same, can go: %j', async (record, expected) => {
    expect((await knownErrorOf(read(JSON.stringify(record)))).next).toContain(expected)
  })

  test('and the one who is named is read', async () => {
    expect(await read(JSON.stringify({ leaver: ada, manager: max }), 'leaver.email')).toMatchObject([
      { kind: 'valid', user: 'ada@example.com' },
    ])
  })
})

describe('other users beside the user of a record make it a bad row', () => {
  test.each([
    '{"email":"hr@example.com","leavers":{"ada@example.com":{}}}',
    '{"email":"hr@example.com","data":{"who":{"ada@example.com":1,"bob@example.com":2}}}',
    '{"email":"hr@example.com","leavers":["afenwick","bkatz"]}',
    '{"email":"hr@example.com","leavers":[{"name":"Ada Fenwick","employee_id":1001}]}',
    '{"email":"hr@example.com","leaver":{"samAccountName":"afenwick"}}',
    '{"user":"hr@example.com","data":{"users":[{"name":"Ada Fenwick"}]}}',
  ])('%s', async (record) => {
    expect((await read(record)).map(({ kind }) => kind)).toEqual(['invalid'])
    expect((await read(`[${record},${record}]`)).map(({ kind }) => kind)).toEqual(['invalid', 'invalid'])
  })

  test.each([
    '{"user":"ada@example.com","groups":["Staff"],"manager":{"name":"Max"},"employee":{"number":7}}',
    '{"user":"ada@example.com","leavers":[],"leaver":{}}',
    '{"user":"ada@example.com","reports_to":{"users":["max"]}}',
  ])('but not in %s', async (record) => {
    expect((await read(record)).map(({ kind }) => kind)).toEqual(['valid'])
  })

  test('the user that is named may stand there', async () => {
    const record = '{"email":"hr@example.com","leaver":{"login":"ada@example.com"}}'
    expect(await read(record, 'leaver.login')).toMatchObject([{ kind: 'valid', user: 'ada@example.com' }])
  })
})
