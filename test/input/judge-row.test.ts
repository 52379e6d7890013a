import { describe, expect, test } from 'vitest'
import { createRowJudge, type RowSettings } from '../../src/input/judge-row.ts'
import { notReadMark } from '../../src/input/not-read-mark.ts'
import type { Cell, RowProblem } from '../../src/input/row.ts'

const mapping = {
  columns: ['user', 'do', 'mail'],
  user: 'user',
  action: 'do',
  sendEmail: 'mail',
  addresses: false,
}
const plain: RowSettings = { format: 'json', action: null, steps: null }
const seven = 'activate, deactivate, reactivate, reset_factors, suspend, unlock, unsuspend'

function judge(cells: Record<string, Cell>, settings: RowSettings = plain, problems: RowProblem[] = []) {
  const record = { row: 7, line: 9, cells: new Map(Object.entries(cells)), raw: null, problems }
  return createRowJudge(mapping, settings)(record)
}

describe('judgeRow', () => {
  test('gives a row that can be acted on', () => {
    const cells = { user: '\u00a0ada@example.com ', do: ' Reset-Factors\u200b', mail: 'no', note: 5 }
    expect(judge(cells)).toEqual({
      kind: 'valid',
      row: 7,
      line: 9,
      user: 'ada@example.com',
      keyKind: 'address',
      due: null,
      checkLogin: null,
      actions: ['reset_factors'],
      sendEmail: false,
      cells: new Map(Object.entries(cells)),
    })
  })

  test.each([{}, { do: '' }, { do: null }, { do: ' \u200b' }])(
    'takes the action from the settings for %j',
    (cells) => {
      expect(judge({ user: 'ada', ...cells }, { ...plain, action: 'unlock' })).toMatchObject({
        actions: ['unlock'],
      })
      expect(judge({ user: 'ada', ...cells }, { ...plain, steps: ['suspend', 'deactivate'] })).toMatchObject({
        actions: ['suspend', 'deactivate'],
        sendEmail: null,
      })
    },
  )

  test("a row's own action goes before that of the settings", () => {
    expect(judge({ user: 'ada', do: 'suspend' }, { ...plain, action: 'unlock' })).toMatchObject({
      actions: ['suspend'],
    })
  })

  test.each<[Record<string, Cell>, RowSettings, string, string]>([
    [{ do: 'suspend' }, plain, 'user', 'the user is empty; an id or a login was expected'],
    [{ user: null, do: 'suspend' }, plain, 'user', 'the user is empty; an id or a login was expected'],
    [
      { user: 12, do: 'suspend' },
      plain,
      'user',
      'the user is the number 12; an id or a login, as text, was expected',
    ],
    [
      { user: ['a'], do: 'suspend' },
      plain,
      'user',
      'the user is an array; an id or a login, as text, was expected',
    ],
    [
      { user: { id: 1 }, do: 'suspend' },
      plain,
      'user',
      'the user is an object; an id or a login, as text, was expected',
    ],
    [
      { user: 'ada' },
      plain,
      'do',
      `the row names no action, and neither does the job; one of ${seven} was expected`,
    ],
    [{ user: 'ada', do: 'fire' }, plain, 'do', `the action "fire" is unknown; one of ${seven} was expected`],
    [{ user: 'ada', do: 1 }, plain, 'do', `the action is the number 1; one of ${seven} was expected`],
    [
      { user: 'ada', do: 'suspend' },
      { ...plain, steps: ['suspend'] },
      'do',
      'the row names the action "suspend", but the job gives steps; an empty action was expected',
    ],
    [
      { user: 'ada', do: 'unlock', mail: 'x' },
      plain,
      'mail',
      'send_email is "x"; true, false or nothing was expected',
    ],
  ])('says what is wrong with %j', (cells, settings, column, message) => {
    expect(judge(cells, settings)).toMatchObject({ kind: 'invalid', row: 7, problems: [{ column, message }] })
  })

  test('reads the text inside a formula, and leaves the cells as they are', () => {
    const cells = { user: '="00123"', do: ' ="Unlock"', mail: '="false"', note: '="x"' }
    expect(judge(cells)).toEqual({
      kind: 'valid',
      row: 7,
      line: 9,
      user: '00123',
      keyKind: 'short_name',
      due: null,
      checkLogin: null,
      actions: ['unlock'],
      sendEmail: false,
      cells: new Map(Object.entries(cells)),
    })
    expect(judge({ user: '="\u00a0ada "', do: 'unlock' })).toMatchObject({ kind: 'valid', user: 'ada' })
    expect(judge({ user: '=" Me "', do: 'unlock' })).toMatchObject({ kind: 'invalid', user: '=" Me "' })
    expect(judge({ user: '=""', do: '="fire"' })).toMatchObject({
      kind: 'invalid',
      problems: [
        { column: 'user', message: 'the user is empty; an id or a login was expected' },
        { column: 'do', message: `the action "fire" is unknown; one of ${seven} was expected` },
      ],
    })
  })

  test("takes a number's format and a formula that is none as part of the key, and refuses them there", () => {
    for (const user of ["'00123", '1,234.50', '=A1', '="a'])
      expect(judge({ user, do: 'unlock' })).toMatchObject({ kind: 'invalid', user })
    expect(judge({ user: '12%', do: 'unlock' })).toMatchObject({ kind: 'valid', user: '12%' })
  })

  test('says all that is wrong with a row, and what it named', () => {
    expect(judge({ user: ' me', do: 'fire', mail: 'x' })).toMatchObject({
      kind: 'invalid',
      user: ' me',
      action: 'fire',
      problems: [{ column: 'user' }, { column: 'do' }, { column: 'mail' }],
    })
    expect(judge({ user: 12, do: { a: 1 } })).toMatchObject({ user: '12', action: '{"a":1}' })
  })

  test('believes no cell of a record that is broken as a whole', () => {
    const problems = [{ column: null, message: 'the row has 2 cells, but 3 were expected' }]
    expect(judge({ user: 'Lovelace', do: 'suspend' }, plain, problems)).toMatchObject({
      kind: 'invalid',
      user: '',
      action: '',
      problems,
    })
  })

  test('a problem of one cell leaves the others to be judged', () => {
    const problems = [{ column: 'note', message: 'too deep' }]
    expect(judge({ user: 'ada', do: 'fire' }, plain, problems)).toMatchObject({
      kind: 'invalid',
      user: 'ada',
      problems: [...problems, { column: 'do' }],
    })
  })

  test('an input without the columns has no action and no send_email', () => {
    const cells = new Map([
      ['user', 'ada'],
      ['action', 'fire'],
      ['send_email', 'x'],
    ])
    const bare = { columns: ['user'], user: 'user', action: null, sendEmail: null, addresses: false }
    const record = { row: 1, line: null, cells, raw: null, problems: [] }
    expect(createRowJudge(bare, { ...plain, action: 'unlock' })(record)).toMatchObject({
      kind: 'valid',
      actions: ['unlock'],
      sendEmail: null,
    })
  })

  test('knows a header that is repeated, whatever stands in its column', () => {
    for (const user of ['user', ' USER ', 'E-Mail', 'Login'])
      expect(judge({ user, do: 'suspend' })).toMatchObject({
        problems: [{ column: 'user', message: expect.stringContaining('repeats the header') }],
      })
    expect(judge({ user: 'user@example.com', do: 'suspend' })).toMatchObject({ kind: 'valid' })
  })

  test('refuses short names in a column of addresses, and neither ids nor addresses', () => {
    const judgeAddresses = (user: string) =>
      createRowJudge(
        { ...mapping, addresses: true },
        { ...plain, action: 'unlock' },
      )({
        row: 1,
        line: 2,
        cells: new Map([['user', user]]),
        raw: null,
        problems: [],
      }).kind
    expect(judgeAddresses('Total')).toBe('invalid')
    expect(judgeAddresses('00u1ab2cd3ef4gh5ij6k')).toBe('valid')
    expect(judgeAddresses('ada@example.com')).toBe('valid')
  })

  describe('where', () => {
    test('a key of JSON in another letter case may be the one that is asked for', () => {
      const where = { Status: ['Terminated'] }
      const judged = judge(
        { user: 'ada@example.com', status: 'Terminated' },
        { ...plain, action: 'suspend', where },
      )
      expect(judged).toMatchObject({ kind: 'invalid', problems: [{ column: 'status' }] })
    })

    test.each(['Status', 'a.Status'])('a key twice, %s, may be the one that is asked for', (column) => {
      const cells = { user: 'ada@example.com', Status: 'Active', a: { Status: 'Active' } }
      const twice = { column: column === 'a.Status' ? 'Status' : column, message: 'appears twice' }
      const asked = column === 'status' ? 'Status' : column
      const where = { [asked]: ['Terminated'] }
      const row = judge(cells, { ...plain, action: 'suspend', where }, [twice])
      expect(row.kind).toBe(column === 'status' ? 'not_selected' : 'invalid')
    })

    test.each<[Cell, string]>([
      [[{ status: 'Terminated' }], 'invalid'],
      ['Terminated', 'invalid'],
      [{ status: 'Terminated' }, 'valid'],
      [{}, 'not_selected'],
      [null, 'not_selected'],
    ])('a dotted name where an object was expected: %j', (job, kind) => {
      const where = { 'job.status': ['Terminated'] }
      expect(judge({ user: 'ada@example.com', job }, { ...plain, action: 'suspend', where }).kind).toBe(kind)
    })

    const where = { Status: ['Terminated', 'left'], country: ['de'] }
    const columns = ['user', 'status', 'country']
    const select = (cells: Record<string, Cell>) => {
      const record = { row: 1, line: 2, cells: new Map(Object.entries(cells)), raw: null, problems: [] }
      const judgeRow = createRowJudge(
        { ...mapping, columns, action: null },
        { ...plain, action: 'suspend', where },
      )
      return judgeRow(record)
    }

    test('selects rows by all its columns, in any letter case', () => {
      expect(select({ user: 'a', status: ' TERMINATED\u00a0', country: 'DE' }).kind).toBe('valid')
      expect(select({ user: 'a', status: '="Left"', country: 'de' }).kind).toBe('valid')
      expect(select({ user: 'a', status: 'terminated', country: 'at' }).kind).toBe('not_selected')
    })

    test('a row that is not selected is judged no further, and says why', () => {
      expect(select({ user: 'NULL', status: 'Active', country: 'de' })).toMatchObject({
        kind: 'not_selected',
        user: 'NULL',
        problems: [
          { column: 'status', message: expect.stringMatching(/^not selected: the cell is "Active"/) },
        ],
      })
      expect(select({ user: 'a', country: 'de' }).kind).toBe('not_selected')
    })
  })

  test('gives the moment a row is due and the login it must have, or says what is wrong with them', () => {
    const due = {
      column: 'Last day',
      at: null,
      timeZone: 'Europe/Berlin',
      timeZoneColumn: 'zone',
      format: null,
    }
    const settings: RowSettings = { ...plain, action: 'suspend', due, checkLogin: 'mail' }
    const found = (cells: Record<string, Cell>) => {
      const record = { row: 1, line: 2, cells: new Map(Object.entries(cells)), raw: null, problems: [] }
      const columns = ['user', 'last day', 'zone', 'mail']
      return createRowJudge({ ...mapping, columns, action: null, sendEmail: null }, settings)(record)
    }
    expect(found({ user: 'a', 'last day': '2026-11-20', zone: '', mail: ' a@example.com ' })).toMatchObject({
      due: Date.parse('2026-11-20T23:00:00Z'),
      checkLogin: 'a@example.com',
    })
    expect(found({ user: 'a', 'last day': '2026-11-20', zone: 'Asia/Tokyo', mail: 'b' })).toMatchObject({
      due: Date.parse('2026-11-20T15:00:00Z'),
    })
    expect(found({ user: 'a', 'last day': '', zone: 'Mars', mail: null })).toMatchObject({
      kind: 'invalid',
      problems: [{ column: 'last day' }, { column: 'mail' }],
    })
  })

  test.each([
    [['note', 'user', 'why'], 'invalid'],
    [['note', 'user', 'failed_why', 'column_4'], 'invalid'],
    // Where others follow it, or where it is asked for, it is not the column that is added.
    [['note', 'why', 'user'], 'valid'],
    [['note', 'user', 'Reason'], 'valid'],
  ])('a user under the last column why of %j has slid there', (columns, kind) => {
    const judgeRow = createRowJudge({ ...mapping, columns, action: null }, { ...plain, action: 'suspend' })
    const cells = new Map(columns.map((column) => [column, 'max@example.com']))
    expect(judgeRow({ row: 1, line: 2, cells, raw: null, problems: [] })).toMatchObject(
      kind === 'valid' ? { kind } : { kind, problems: [{ column: null }] },
    )
    const asked = { ...mapping, columns: ['note', 'why'], user: 'why', action: null }
    const record = { row: 1, line: 2, cells: new Map([['why', 'ada@example.com']]), raw: null, problems: [] }
    expect(createRowJudge(asked, { ...plain, action: 'suspend' })(record).kind).toBe('valid')
  })

  test('a list under a condition is unread, not another text', () => {
    const where = { State: ['left'] }
    const judgeRow = createRowJudge(
      { ...mapping, columns: ['user', 'State'], action: null },
      { ...plain, action: 'suspend', where },
    )
    const judged = (State: Cell) =>
      judgeRow({
        row: 1,
        line: 2,
        cells: new Map([
          ['user', 'ada'],
          ['State', State],
        ]),
        raw: null,
        problems: [],
      })
    expect(judged(['left'])).toMatchObject({
      kind: 'invalid',
      problems: [{ column: 'State', isUnread: true, message: expect.stringContaining('an array') }],
    })
    expect(judged(null).kind).toBe('not_selected')
    expect(judged('Left').kind).toBe('valid')
  })

  test.each([
    [['user', 'why'], { user: 'ada', why: `${notReadMark} the row has 5 cells, but 4 were expected` }, null],
    [['user', 'Why '], { user: 'ada', 'Why ': ' Not read: x' }, null],
    [['user', 'failed_why_2'], { user: 'ada', failed_why_2: 'not read : x' }, null],
    [['user', 'note', 'why'], { user: 'ada', note: '', why: '' }, ['ada', 'not read: 2 cells']],
    [['user', 'note', 'why'], { user: 'ada', note: 'not read: 1 cell', why: '' }, null],
    [['why', 'user'], { why: 'not read: x', user: 'ada' }, null],
  ])('a row marked as not read stays bad: %j', (columns, cells: Record<string, string>, raw) => {
    const judgeRow = createRowJudge({ ...mapping, columns, action: null }, { ...plain, action: 'suspend' })
    const record = { row: 1, line: 2, cells: new Map(Object.entries(cells)), raw, problems: [] }
    expect(judgeRow(record)).toMatchObject({
      kind: 'invalid',
      problems: [{ message: expect.stringContaining('could not be read before') }],
    })
    const fixed = new Map(Object.entries(cells).map(([name, cell]) => [name, name === 'user' ? cell : '']))
    expect(judgeRow({ ...record, cells: fixed, raw: null }).kind).toBe('valid')
  })
})
