import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unescapeFormula } from '../../src/input/csv/formula.ts'
import { readCsv } from '../../src/input/csv/read-csv.ts'
import type { Cell } from '../../src/input/row.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedTask, ReportRow } from '../../src/report/report-row.ts'
import { writeResults } from '../../src/report/write-results.ts'
import { cases } from '../support/cases.ts'
import { noSkips } from './summary-sample.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'write-results-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

const succeeded: ReportedTask = {
  row: 1,
  step: 1,
  user: 'a@example.com',
  action: 'suspend',
  result: 'succeeded',
  reason: null,
  status_before: 'ACTIVE',
  status_after: 'SUSPENDED',
  http_status: 200,
  error_code: null,
  message: '',
  attempts: 1,
  started_at: '2026-11-24T08:00:00.000Z',
  finished_at: '2026-11-24T08:00:01.000Z',
  okta_user_id: '00u1ab2cd3ef4gh5ij6k',
  okta_login: 'a@example.com',
  okta_request_id: 'Zq1',
  due_at: null,
  lag_seconds: null,
}

/** A task of which nothing was sent. */
function notRun(row: number, step: number, user: string, action: string): ReportedTask {
  return pendingTask({ row, step, user, action }, null)
}

const standard =
  'row,step,user,action,result,status_before,status_after,http_status,error_code,message,attempts,started_at,finished_at,okta_user_id,okta_login,okta_request_id,due_at,lag_seconds'

function rowOf(row: number, cells: Record<string, Cell>, ...tasks: ReportRow['tasks']): ReportRow {
  return { row, cells: new Map(Object.entries(cells)), tasks, excused: [], notRead: null }
}

async function* stream(rows: Iterable<ReportRow>): AsyncGenerator<ReportRow> {
  yield* rows
}

async function written(name: string): Promise<string> {
  return await readFile(join(directory, name), 'utf8')
}

describe('results.csv', () => {
  test('the columns are the promised ones, then the input, a line for each task in order', async () => {
    const failed: ReportedTask = {
      ...succeeded,
      step: 2,
      action: 'deactivate',
      result: 'failed',
      status_after: null,
      http_status: 403,
      error_code: 'E0000006',
      message: 'You do not have permission, "really"',
      okta_request_id: null,
    }
    await writeResults(
      directory,
      ['login', 'note'],
      stream([
        rowOf(1, { login: 'a@example.com', note: 'x,y' }, succeeded, failed),
        rowOf(2, { login: 'b' }, notRun(2, 1, 'b', 'suspend')),
      ]),
    )
    expect(await written('results.csv')).toBe(
      [
        `${standard},login,note`,
        '1,1,a@example.com,suspend,succeeded,ACTIVE,SUSPENDED,200,,,1,2026-11-24T08:00:00.000Z,2026-11-24T08:00:01.000Z,00u1ab2cd3ef4gh5ij6k,a@example.com,Zq1,,,a@example.com,"x,y"',
        '1,2,a@example.com,deactivate,failed,ACTIVE,,403,E0000006,"You do not have permission, ""really""",1,2026-11-24T08:00:00.000Z,2026-11-24T08:00:01.000Z,00u1ab2cd3ef4gh5ij6k,a@example.com,,,,a@example.com,"x,y"',
        '2,1,b,suspend,not_run,,,,,,0,,,,,,,,b,',
        '',
      ].join('\n'),
    )
  })

  test('names that collide get the prefix until they are unique, and the plain name stays with its owner', async () => {
    const columns = ['row', 'input_row', 'message', 'Row', 'reason']
    await writeResults(
      directory,
      columns,
      stream([rowOf(1, { row: 'r', input_row: 'i', message: 'm', Row: 'R', reason: 'why' }, succeeded)]),
    )
    const [header, line] = parse(await written('results.csv'))
    expect(header?.slice(18)).toEqual(['input_input_row', 'input_row', 'input_message', 'Row', 'reason'])
    expect(line?.slice(18)).toEqual(['r', 'i', 'm', 'R', 'why'])
    expect(parse(await written('failed.csv'))[0]).toEqual([...columns, 'why'])
    expect(JSON.parse(await written('results.jsonl'))).toMatchObject({
      row: 1,
      input_input_row: 'r',
      input_row: 'i',
    })
  })

  test('no cell of any CSV can run as a formula, the header neither', async () => {
    const task: ReportedTask = {
      ...succeeded,
      user: '=u',
      message: '@SUM(A1)',
      result: 'failed',
      okta_login: '-1',
    }
    await writeResults(directory, ['=cmd', 'n'], stream([rowOf(1, { '=cmd': '+1', n: -5 }, task)]))
    const cells = [...parse(await written('results.csv')), ...parse(await written('failed.csv'))].flat()
    expect(cells.filter((cell: string) => /^[=+\-@\t\r＝＋－＠]/.test(cell))).toEqual([])
    expect(cells).toEqual(expect.arrayContaining(["'=u", "'@SUM(A1)", "'-1", "'=cmd", "'+1", "'-5"]))
  })

  test('cells of JSON: text as it is, null as nothing, others as JSON writes them', async () => {
    const cells = { a: null, b: 12.5, c: true, d: { x: [1, null] }, e: ['y'], f: '' }
    await writeResults(directory, [...Object.keys(cells), 'missing'], stream([rowOf(1, cells, succeeded)]))
    const [, line] = parse(await written('results.csv'))
    expect(line?.slice(18)).toEqual(['', '12.5', 'true', '{"x":[1,null]}', '["y"]', '', ''])
  })
})

describe('results.jsonl', () => {
  test('numbers are numbers, empties null, and cells keep their own types', async () => {
    const cells = { id: 'u', count: 3, active: false, tags: ['a', { b: null }], nothing: null }
    await writeResults(directory, [...Object.keys(cells), 'missing'], stream([rowOf(1, cells, succeeded)]))
    const { reason: _, ...fields } = succeeded
    expect(JSON.parse(await written('results.jsonl'))).toEqual({ ...fields, ...cells, missing: null })
  })

  test('__proto__ and constructor are names as any other', async () => {
    const cells = new Map<string, Cell>([
      ['__proto__', { admin: true }],
      ['constructor', 'c'],
    ])
    await writeResults(
      directory,
      ['__proto__', 'constructor'],
      stream([{ row: 1, cells, tasks: [succeeded], excused: [], notRead: null }]),
    )
    const record = JSON.parse(await written('results.jsonl'))
    expect(Object.getOwnPropertyDescriptor(record, '__proto__')?.value).toEqual({ admin: true })
    expect(record.constructor).toBe('c')
    expect((await written('results.csv')).split('\n')[0]).toBe(`${standard},__proto__,constructor`)
  })
})

describe('failed.csv', () => {
  test('one line for each row worth feeding again, in the own columns and why', async () => {
    const skipped = (reason: ReportedTask['reason']): ReportedTask => ({
      ...succeeded,
      result: 'skipped',
      reason,
    })
    const rows: [string, ReportRow['tasks']][] = [
      ['succeeded', [succeeded]],
      ['unchanged', [{ ...succeeded, result: 'unchanged' }]],
      ['failed', [{ ...succeeded, result: 'failed' }, skipped('earlier_step')]],
      ['failed later', [succeeded, { ...succeeded, result: 'failed' }]],
      ['in doubt', [{ ...succeeded, result: 'in_doubt' }]],
      // What became of it can't be seen on the user: fed again it would be sent again.
      ['blind', [{ ...succeeded, action: 'reactivate', result: 'in_doubt' }]],
      ['blind too', [{ ...succeeded, action: 'reset_factors', result: 'in_doubt' }]],
      ['passed over', [skipped('in_doubt')]],
      ['unsettled', [{ ...succeeded, result: 'unsettled' }]],
      ['unsettled in part', [{ ...succeeded, result: 'unsettled' }, notRun(1, 2, 'u', 'unlock')]],
      [
        'failed, then unsettled',
        [
          { ...succeeded, result: 'failed' },
          { ...succeeded, result: 'unsettled' },
        ],
      ],
      ['not run', [succeeded, notRun(1, 2, 'u', 'unlock')]],
      ['invalid', [skipped('invalid_row')]],
      ['duplicate', [skipped('duplicate')]],
      ['protected', [skipped('protected')]],
      ['only_status', [skipped('only_status')]],
      ['no tasks', []],
    ]
    await writeResults(
      directory,
      ['what'],
      stream(rows.map(([what, tasks], index) => rowOf(index + 1, { what }, ...tasks))),
    )
    expect(await written('failed.csv')).toBe(
      'what,why\nfailed,"failed; skipped"\nfailed later,failed\nin doubt,in doubt\npassed over,skipped\nnot run,not run\ninvalid,skipped\n',
    )
  })

  test('a row of one empty cell is no blank line', async () => {
    await writeResults(
      directory,
      ['id'],
      stream([
        rowOf(1, { id: '' }, { ...succeeded, result: 'failed' }),
        rowOf(2, { id: null }, notRun(2, 1, '', 'x')),
      ]),
    )
    expect(await written('failed.csv')).toBe('id,why\n,failed\n,not run\n')
  })

  test('an input without columns gives why alone', async () => {
    await writeResults(directory, [], stream([rowOf(1, {}, notRun(1, 1, '', ''))]))
    expect(await written('failed.csv')).toBe('why\nnot run\n')
    expect((await written('results.csv')).split('\n')[0]).toBe(standard)
  })
})

/** Text with what CSV, spreadsheets and readers trip over, more often than chance has it. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        ',',
        ';',
        '\t',
        '|',
        '\r',
        '\n',
        '\r\n',
        ' ',
        "'",
        '=',
        '+',
        '-',
        '@',
        '＝',
        '\ufeff',
        '\u00a0',
        '\u2028',
        '\u0000',
        'é',
        '😀',
        'a',
      ),
      { maxLength: 6 },
    )
    .map((pieces) => pieces.join('')),
)

describe('what is written reads back exactly', () => {
  const table = fc
    .uniqueArray(
      text.filter((name) => name.trim() !== '' && name.trim().toLowerCase() !== 'why'),
      { minLength: 1, maxLength: 4 },
    )
    .chain((columns) =>
      fc.tuple(
        fc.constant(columns),
        fc.array(fc.array(text, { minLength: columns.length, maxLength: columns.length }), {
          minLength: 1,
          maxLength: 5,
        }),
      ),
    )

  function toRows(columns: readonly string[], lines: readonly (readonly string[])[]): ReportRow[] {
    return lines.map((line, index) => ({
      row: index + 1,
      cells: new Map(columns.map((column, place) => [column, line[place] ?? ''])),
      tasks: [{ ...succeeded, row: index + 1, result: 'failed', message: `m${line[0]}` }],
      excused: [],
      notRead: null,
    }))
  }

  test('by csv-parse, after the apostrophes of formulas are taken off', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ([columns, lines]) => {
        await writeResults(directory, columns, stream(toRows(columns, lines)))
        const read = (csv: string) =>
          parse(csv, { bom: true, skip_empty_lines: true }).map((record: string[]) =>
            record.map(unescapeFormula),
          )
        expect(read(await written('failed.csv'))).toEqual([
          [...columns, 'why'],
          ...lines.map((line) => [...line, `failed: m${line[0]}`]),
        ])
        const results = read(await written('results.csv')).slice(1)
        expect(results.map((record: string[]) => [record[9], ...record.slice(18)])).toEqual(
          lines.map((line) => [`m${line[0]}`, ...line]),
        )
      }),
      { numRuns: cases(60) },
    )
  })

  test('by our own reader, which also guesses the delimiter', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ([columns, lines]) => {
        await writeResults(directory, columns, stream(toRows(columns, lines)))
        const rows: string[][] = []
        const path = join(directory, 'failed.csv')
        const all = [...columns, 'why']
        for await (const record of readCsv({ path, name: path, encoding: 'utf-8' }, all)) {
          expect(record.problems).toEqual([])
          rows.push(columns.map((column) => String(record.cells.get(column))))
        }
        expect(rows).toEqual(lines)
      }),
      { numRuns: cases(60) },
    )
  })

  test('results.jsonl, for any JSON value in any key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), async (cells) => {
        const own = Object.entries(cells).map(
          ([key, value]) => [`x${key}`, JSON.parse(JSON.stringify(value))] as const,
        )
        await writeResults(
          directory,
          own.map(([key]) => key),
          stream([{ row: 1, cells: new Map(own), tasks: [succeeded], excused: [], notRead: null }]),
        )
        const record: Record<string, unknown> = JSON.parse(await written('results.jsonl'))
        expect(Object.entries(record).slice(18)).toEqual(own)
      }),
      { numRuns: cases(100) },
    )
  })
})

describe('rows that nobody could read', () => {
  const bad: ReportedTask = {
    ...succeeded,
    result: 'skipped',
    reason: 'invalid_row',
    message: 'too many cells',
  }

  test('come back as they were read, with the mark that keeps them from being done', async () => {
    const row = { ...rowOf(1, { user: 'Bob' }, bad), notRead: { raw: ['Bob', 'Katz', 'b@example.com'] } }
    await writeResults(directory, ['user', 'mail'], stream([row]))
    expect(await written('failed.csv')).toBe(
      'user,mail,why\nBob,Katz,b@example.com,not read: too many cells\n',
    )
  })

  test('are marked too if only the other rows tell that they mean nobody', async () => {
    const row = { ...rowOf(1, { user: 'Total' }, { ...bad, message: 'no @' }), notRead: { raw: null } }
    await writeResults(directory, ['user'], stream([row]))
    expect(await written('failed.csv')).toBe('user,why\nTotal,not read: no @\n')
  })
})

describe('files', () => {
  test('each has mode 0600, replaces the one before, and nothing else is left', async () => {
    await writeFile(join(directory, 'failed.csv'), 'stale', { mode: 0o644 })
    await writeResults(directory, ['id'], stream([rowOf(1, { id: 'u' }, succeeded)]))
    const names = ['failed.csv', 'results.csv', 'results.jsonl']
    expect((await readdir(directory)).sort()).toEqual(names)
    for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600)
    expect(await written('failed.csv')).toBe('id,why\n')
  })

  test('rows that break off leave everything as it was', async () => {
    await writeFile(join(directory, 'results.csv'), 'before')
    const broken = new Error('the journal is damaged')
    async function* breaking(): AsyncGenerator<ReportRow> {
      for (let row = 1; row <= 1_000; row++) yield rowOf(row, { id: 'u' }, succeeded)
      throw broken
    }
    await expect(writeResults(directory, ['id'], breaking())).rejects.toBe(broken)
    expect(await readdir(directory)).toEqual(['results.csv'])
    expect(await written('results.csv')).toBe('before')
  })

  test('a directory that is not there is told, with what to type next', async () => {
    const missing = join(directory, 'run 1')
    const outcome = await writeResults(missing, [], stream([])).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(KnownError)
    expect(outcome).toMatchObject({
      message: expect.stringMatching(
        /run 1\/results\.csv can't be written: there is no such file or directory \(ENOENT\)/,
      ),
      next: expect.stringContaining('Check the path'),
    })
  })

  test('a path taken by a directory: told, and no temporary file is left', async () => {
    await mkdir(join(directory, 'results.csv'))
    await expect(writeResults(directory, ['id'], stream([]))).rejects.toThrow(
      /results\.csv can't be written: /,
    )
    expect(await readdir(directory)).toEqual(['results.csv'])
  })

  test('rows are asked for no faster than they are written, and are not kept', {
    timeout: 60_000,
  }, async () => {
    const count = 100_000
    const made: WeakRef<ReportRow>[] = []
    let kept = 0
    let behind = 0
    async function* many(): AsyncGenerator<ReportRow> {
      for (let row = 1; row <= count; row++) {
        const next = rowOf(row, { id: `user${row}@example.com` }, { ...succeeded, row })
        if (row <= 10_000) made.push(new WeakRef(next))
        if (row === 20_001) {
          // A reference holds until its turn of the event loop is over.
          await setImmediate()
          collectGarbage()
          kept = made.filter((reference) => reference.deref() !== undefined).length
          behind = row - (await countTemporaryLines())
        }
        yield next
      }
    }
    const totals = await writeResults(directory, ['id'], many())
    expect([totals.rows, totals.tasks]).toEqual([count, count])
    expect(kept).toBeLessThan(1_000)
    expect(behind).toBeLessThan(1_000)
    const lines = (await written('results.csv')).split('\n')
    expect(lines).toHaveLength(count + 2)
    expect(lines[count]).toMatch(new RegExp(`^${count},1,.*,user${count}@example\\.com$`))
  })

  async function countTemporaryLines(): Promise<number> {
    const name = (await readdir(directory)).find((entry) => entry.startsWith('.results.csv.'))
    return (await written(name ?? 'none')).split('\n').length
  }

  function collectGarbage(): void {
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
  }
})

test('the totals count rows, tasks, results, actions and reasons', async () => {
  const rows = [
    rowOf(1, {}, succeeded, { ...succeeded, action: 'deactivate', result: 'failed', verified: 'not_held' }),
    rowOf(2, {}, { ...succeeded, result: 'skipped', reason: 'duplicate' }, notRun(2, 2, 'u', 'deactivate')),
    rowOf(3, {}, { ...succeeded, action: '__proto__', result: 'skipped', reason: 'invalid_row' }),
    rowOf(4, {}),
  ]
  const none = { succeeded: 0, unchanged: 0, failed: 0, skipped: 0, in_doubt: 0, not_run: 0, unsettled: 0 }
  expect(await writeResults(directory, [], stream(rows))).toEqual({
    rows: 4,
    rowsToFeed: 3,
    control: { rows: 4, with_tasks: 2, bad: 1, not_selected: 0, not_due: 0, duplicates: 1 },
    people: { total: 1, done: 0, need_you: 1, left_alone: 0 },
    lag: null,
    nextDueAt: null,
    excused: 0,
    lostLinks: 0,
    verified: { held: 0, not_held: 1, not_known: 0 },
    tasks: 5,
    results: { ...none, succeeded: 1, failed: 1, skipped: 2, not_run: 1 },
    actions: {
      suspend: { ...none, succeeded: 1, skipped: 1 },
      deactivate: { ...none, failed: 1, not_run: 1 },
      unknown: { ...none, skipped: 1 },
    },
    skipped: { ...noSkips, duplicate: 1, invalid_row: 1 },
  })
})

test('the totals say when the first of the tasks that were not due becomes due', async () => {
  const notDue = (due_at: string): ReportedTask => ({
    ...succeeded,
    result: 'skipped',
    reason: 'not_due',
    due_at,
  })
  const times = ['2026-12-24T00:00:00.000Z', '2026-12-23T22:00:00.000Z', '2027-01-01T00:00:00.000Z']
  const done = { ...succeeded, due_at: '2026-11-01T00:00:00.000Z' }
  const rows = [rowOf(1, {}, done), ...times.map((time, index) => rowOf(index + 2, {}, notDue(time)))]
  expect(await writeResults(directory, [], stream(rows))).toMatchObject({ nextDueAt: times[1] })
})
