import { createHash } from 'node:crypto'
import { chainStart, encodeLine } from '../../src/journal/journal-line.ts'
import { loginOf } from '../support/foreign-org/user.ts'
import { runId } from './workplace.ts'

/** Files by name, as texts. */
export type Files = Map<string, string>

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Changes some files, and makes the manifest fit again, as somebody would who wants it to pass. */
export function tampered(files: Files, change: (files: Files) => void): Files {
  const changed = new Map(files)
  change(changed)
  const manifest = JSON.parse(changed.get('manifest.json') ?? '')
  manifest.files = [...changed]
    .filter(([name]) => name !== 'manifest.json')
    .map(([name, text]) => ({ name, bytes: Buffer.byteLength(text), sha256: sha256(text) }))
  return changed.set('manifest.json', JSON.stringify(manifest))
}

function edit(name: string, from: string | RegExp, to: string): (files: Files) => void {
  return (files) => {
    const before = files.get(name) ?? ''
    const after = before.replace(from, () => to)
    if (after === before) throw new Error(`nothing to change in ${name}: ${from}`)
    files.set(name, after)
  }
}

type Line = Record<string, unknown>

function editJson(name: string, change: (content: Record<string, never>) => void): (files: Files) => void {
  return (files) => {
    const content = JSON.parse(files.get(name) ?? '')
    change(content)
    files.set(name, JSON.stringify(content))
  }
}

function editLines(name: string, change: (lines: string[]) => void): (files: Files) => void {
  return (files) => {
    const lines = (files.get(name) ?? '').split('\n').slice(0, -1)
    change(lines)
    files.set(name, `${lines.join('\n')}\n`)
  }
}

/** Writes a journal anew, with a chain that fits, and the end that summary and manifest name. */
function rechained(change: (events: Line[]) => void): (files: Files) => void {
  return (files) => {
    const { text, head } = rechain(files.get('journal.ndjson') ?? '', change)
    files.set('journal.ndjson', text)
    for (const name of ['summary.json', 'manifest.json']) {
      files.set(name, JSON.stringify({ ...JSON.parse(files.get(name) ?? ''), journal: head }))
    }
  }
}

export function rechain(text: string, change: (events: Line[]) => void) {
  const events = text
    .split('\n')
    .slice(0, -1)
    .map((line): Line => {
      const { synced: _, chain: __, crc: ___, ...event } = JSON.parse(line)
      return event
    })
  change(events)
  let [chain, bytes] = [chainStart, 0]
  const lines = events.map((event) => {
    const encoded = encodeLine(event as never, chain, bytes)
    chain = encoded.chain
    bytes += encoded.line.length
    return encoded.line.toString()
  })
  return { text: lines.join(''), head: { lines: lines.length, bytes, chain } }
}

export const resultOf = (events: Line[], row: number): Line =>
  events.find(({ event, row: its }) => event === 'result' && its === row) ?? {}

function put(object: Line | undefined, name: string, value: unknown): void {
  if (object === undefined) throw new Error(`nothing has ${name}`)
  object[name] = value
}

type Json = Record<string, Record<string, unknown>>

/** What somebody may change who can also make the manifest fit again. Each is found all the same. */
export const tamperings: readonly (readonly [string, (files: Files) => void])[] = [
  ['a result in results.csv', edit('results.csv', ',succeeded,', ',unchanged,')],
  ['a status in results.csv', edit('results.csv', 'SUSPENDED', 'DEPROVISIONED')],
  ['a name in results.csv', edit('results.csv', 'Nemo', 'Somebody')],
  ['a user in results.csv', edit('results.csv', loginOf(1), loginOf(4))],
  ['a time in results.csv', edit('results.csv', /T\d\d:/, 'T01:')],
  ['a line less in results.csv', editLines('results.csv', (lines) => lines.splice(2, 1))],
  ['a line more in results.csv', editLines('results.csv', (lines) => lines.push(lines.at(-1) ?? ''))],
  [
    'two lines of results.csv swapped',
    editLines('results.csv', (lines) => lines.push(...lines.splice(1, 1))),
  ],
  ['a header of results.csv', edit('results.csv', 'status_after', 'status_later')],
  ['a result in results.jsonl', edit('results.jsonl', '"result":"succeeded"', '"result":"unchanged"')],
  ['a user in results.jsonl', edit('results.jsonl', loginOf(1), loginOf(4))],
  ['a lag in results.jsonl', edit('results.jsonl', /"lag_seconds":\d+(\.\d+)?/, '"lag_seconds":1')],
  ['a due time in results.jsonl', edit('results.jsonl', '"due_at":"2026-01-05', '"due_at":"2026-01-04')],
  ['a line less in results.jsonl', editLines('results.jsonl', (lines) => lines.splice(0, 1))],
  ['a line more in results.jsonl', editLines('results.jsonl', (lines) => lines.push(lines[0] ?? ''))],
  ['two lines of results.jsonl swapped', editLines('results.jsonl', (lines) => lines.reverse())],
  ['an own column in results.jsonl', edit('results.jsonl', '"name":"Ada"', '"name":"Eve"')],
  ['a row of report.html', edit('report.html', 'Ada', 'Eve')],
  ['a result in report.html', edit('report.html', '"succeeded"', '"unchanged"')],
  ['the headline of report.html', edit('report.html', /"headline":"\d/, '"headline":"9')],
  ['the people of report.html', edit('report.html', /"need_you":\d/, '"need_you":0')],
  ['what comes next in report.html', edit('report.html', /"next":"[^"]*"/, '"next":"nothing"')],
  [
    'a row less in report.html',
    edit(
      'report.html',
      /<script type="application\/json" class="rows">\[\n.*,\n/,
      '<script type="application/json" class="rows">[\n',
    ),
  ],
  ...(['rows', 'tasks', 'excused', 'executions', 'duration_seconds', 'rows_to_feed'] as const).map(
    (name) =>
      [
        `${name} in summary.json`,
        editJson('summary.json', (content: Line) => put(content, name, 7_777)),
      ] as const,
  ),
  ...(
    [
      ['results', 'succeeded'],
      ['results', 'failed'],
      ['skipped', 'protected'],
      ['control_totals', 'bad'],
      ['people', 'done'],
      ['people', 'need_you'],
      ['lag', 'median_seconds'],
      ['lag', 'over_bound'],
      ['requests', 'lifecycle'],
      ['requests', 'total'],
      ['journal', 'lines'],
    ] as const
  ).map(
    ([part, name]) =>
      [
        `${part}.${name} in summary.json`,
        editJson('summary.json', (content: Json) => {
          const inner = content[part] ?? {}
          inner[name] = 4_444
        }),
      ] as const,
  ),
  ['an action in summary.json', edit('summary.json', '"deactivate"', '"suspend_"')],
  ['the headline of summary.json', edit('summary.json', /"headline": ?"\d/, '"headline":"9')],
  ['a retry in summary.json', editJson('summary.json', (content: Json) => put(content, 'retries', { x: 1 }))],
  [
    'an HTTP status in summary.json',
    editJson('summary.json', (content: Json) => {
      ;(content.requests ?? {}).by_http_status = {}
    }),
  ],
  ['a bucket in summary.json', editJson('summary.json', (content: Line) => put(content, 'budget', []))],
  [
    'the end of the run in summary.json',
    edit('summary.json', /"finished_at": ?"2026/, '"finished_at":"2025'),
  ],
  ['the org in summary.json', edit('summary.json', /"org": ?"[^"]*"/, '"org":"https://other.example.com"')],
  ['the state in summary.json', edit('summary.json', /"state": ?"finished"/, '"state":"stopped"')],
  ['the exit code in summary.json', edit('summary.json', /"exit_code": ?1/, '"exit_code":0')],
  ['a cell of the input', edit('input.csv', 'Ada', 'Eve')],
  [
    'the digest of the input in run.json',
    editJson('run.json', (content: Json) => put(content.input, 'sha256', '0'.repeat(64))),
  ],
  [
    'the input and its digest',
    (files) => {
      edit('input.csv', 'Ada', 'Eve')(files)
      const digest = sha256(files.get('input.csv') ?? '')
      for (const name of ['run.json', 'manifest.json'])
        editJson(name, (content: Json) => put(content.input, 'sha256', digest))(files)
    },
  ],
  ['a guard in job.json', edit('job.json', loginOf(5), loginOf(4))],
  [
    'a guard in job.json and run.json',
    (files) => {
      for (const name of ['job.json', 'run.json']) edit(name, loginOf(5), loginOf(4))(files)
    },
  ],
  ['a run id', edit('run.json', `"run_id": "${runId}"`, '"run_id": "other"')],
  ['a byte of the journal', edit('journal.ndjson', 'SUSPENDED', 'DEPROVISIONED')],
  ['a line less in the journal', editLines('journal.ndjson', (lines) => lines.splice(5, 1))],
  ['the last line of the journal gone', editLines('journal.ndjson', (lines) => lines.pop())],
  [
    'two lines of the journal swapped',
    editLines('journal.ndjson', (lines) => lines.splice(4, 0, ...lines.splice(6, 1))),
  ],
  [
    'a re-chained journal with another result',
    rechained((events) => put(resultOf(events, 5), 'result', 'succeeded')),
  ],
  [
    'a re-chained journal with another user',
    rechained((events) => put(resultOf(events, 1), 'okta_user_id', '00uOTHER000000000000')),
  ],
  [
    'a re-chained journal without a result',
    rechained((events) => void events.splice(events.indexOf(resultOf(events, 1)), 1)),
  ],
  ['a re-chained journal with a result twice', rechained((events) => void events.push(resultOf(events, 1)))],
  ['a re-chained journal of another run', rechained((events) => put(events[0], 'run', 'other'))],
  ['a failed.csv with a row less', editLines('failed.csv', (lines) => lines.pop())],
  ['a file more', (files) => void files.set('more.txt', 'more')],
]
