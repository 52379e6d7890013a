import { parse } from 'csv-parse/sync'
import { renderCsv } from '../../src/input/csv/csv-text.ts'
import { loginOf } from '../support/foreign-org/user.ts'
import {
  type Change,
  edit,
  editJson,
  editPage,
  type Json,
  type Line,
  put,
  rechained,
  resultOf,
  sha256,
  type Tampering,
} from './tamper-with.ts'

/** Changes cells of a row in all three files that have its results. */
function inResults(row: number, cells: Line): Change {
  return (files) => {
    const tasks = (files.get('results.jsonl') ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
    const at = tasks.findIndex((task) => task.row === row)
    Object.assign(tasks[at] ?? {}, cells)
    files.set('results.jsonl', tasks.map((task) => `${JSON.stringify(task)}\n`).join(''))
    const [columns = [], ...records] = parse(files.get('results.csv') ?? '') as string[][]
    const shown = Object.keys(cells).map((name) => [columns.indexOf(name), String(cells[name])] as const)
    for (const [place, text] of shown) Object.assign(records[at] ?? [], { [place]: text })
    // Reading leaves the apostrophes before formulas, so they must not get another one.
    files.set(
      'results.csv',
      renderCsv([
        columns,
        ...records.map((record) => record.map((cell) => cell.replace(/^'(?=[=+@-])/, ''))),
      ]),
    )
    editPage<unknown[][]>('rows', (rows) => {
      for (const [name, value] of Object.entries(cells))
        Object.assign(rows[at] ?? [], { [columns.indexOf(name)]: value })
    })(files)
  }
}

function all(...changes: readonly Change[]): Change {
  return (files) => {
    for (const change of changes) change(files)
  }
}

/** A row's due time and lag, in the results, the summary and the page. */
function lag(row: number, dueAt: string): Change {
  return (files) => {
    const lines = (files.get('results.jsonl') ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
    const task = lines.find((one) => one.row === row) ?? {}
    const seconds = (Date.parse(String(task.finished_at)) - Date.parse(dueAt)) / 1000
    const lags = lines.flatMap(({ row: its, lag_seconds: own }) =>
      own === null ? [] : [its === row ? seconds : Number(own)],
    )
    const sorted = lags.toSorted((some, other) => some - other)
    const rank = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1]
    const worst = { median_seconds: rank(50), p95_seconds: rank(95), worst_seconds: sorted.at(-1) }
    const change = (late: readonly Line[], name: string): Line[] =>
      late
        .map((one) => (one.row === row ? { ...one, [name]: seconds } : one))
        .toSorted((some, other) => Number(other[name]) - Number(some[name]))
    inResults(row, { due_at: dueAt, lag_seconds: seconds })(files)
    editJson('summary.json', (content: Json) => {
      Object.assign(content.lag ?? {}, worst, {
        worst_over_bound: change(content.lag?.worst_over_bound as Line[], 'lag_seconds'),
      })
    })(files)
    editPage<{ lag: Line }>('facts', ({ lag: shown }) => {
      const { median_seconds: median, p95_seconds: p95, worst_seconds } = worst
      Object.assign(shown, { median, p95, worst: worst_seconds, late: change(shown.late as Line[], 'lag') })
    })(files)
  }
}

/** Changes the input, and makes every digest of it fit. */
function ofInput(change: Change): Change {
  return (files) => {
    const before = sha256(files.get('input.csv') ?? '')
    change(files)
    const input = files.get('input.csv') ?? ''
    const known = { sha256: sha256(input), bytes: Buffer.byteLength(input) }
    for (const name of ['run.json', 'manifest.json'])
      editJson(name, (content: Json) => void Object.assign(content.input ?? {}, known))(files)
    rechained((events) => {
      for (const { digests } of events) if (digests !== undefined) put(digests as Line, 'input', known.sha256)
    })(files)
    edit('report.html', before, known.sha256)(files)
    editPage<{ facts: Line[] }>('facts', ({ facts }) => {
      const fact = facts.find(({ name }) => name === 'Input')
      const size = `(${known.bytes.toLocaleString('en-US')} bytes)`
      put(fact, 'value', String(fact?.value).replace(/\([\d,]+ bytes\)$/, size))
    })(files)
  }
}

const inJournal = (row: number, cells: Line): Change =>
  rechained((events) => void Object.assign(resultOf(events, row), cells))

/** What is found only because the results are compared with the input: everything else is made to fit. */
export const inputForgeries: readonly Tampering[] = [
  ['a due time and its lag, wherever they are', lag(1, '2026-01-05T07:00:00.000Z')],
  ['the due time of a bad row', inResults(6, { due_at: '2026-03-05T08:00:00.000Z' })],
  [
    'the step of a row, wherever it is',
    all(inJournal(2, { step: 2 }), inResults(2, { step: 2 }), late(2, { step: 2 })),
  ],
  ['an own cell, wherever it is', inResults(1, { name: 'Eve' })],
  [
    'the user of a row, wherever it is',
    all(
      inJournal(1, { user: loginOf(9) }),
      inResults(1, { user: loginOf(9) }),
      late(1, { user: loginOf(9) }),
    ),
  ],
  [
    'the actions of two rows, wherever they are',
    all(
      ...[
        [1, 'deactivate'],
        [2, 'suspend'],
      ].flatMap(([row, action]) => [inJournal(Number(row), { action }), inResults(Number(row), { action })]),
    ),
  ],
  ['a row less in the input', ofInput(edit('input.csv', /[^\n]*\n$/, ''))],
  [
    'a row more in the input',
    ofInput(
      (files) =>
        void files.set(
          'input.csv',
          `${files.get('input.csv')}x@example.com,suspend,2026-01-05T08:00:00Z,X\n`,
        ),
    ),
  ],
  ['a user in the input', ofInput(edit('input.csv', loginOf(1), loginOf(9)))],
  ['an action in the input', ofInput(edit('input.csv', 'suspend', 'unlock'))],
  ['a date in the input', ofInput(edit('input.csv', '2026-01-05', '2026-01-04'))],
  ['a name in the input', ofInput(edit('input.csv', 'Ada', 'Eve'))],
]

/** A late task is named in the summary by its key. The page names it by row and login. */
function late(row: number, changed: { readonly user?: string; readonly step?: number }): Change {
  return editJson('summary.json', (content: Json) => {
    for (const one of (content.lag?.worst_over_bound ?? []) as Line[])
      if (one.row === row) Object.assign(one, changed)
  })
}
