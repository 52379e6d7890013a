import { loginOf } from '../support/foreign-org/user.ts'
import { beginningTamperings } from './beginning-tamperings.ts'
import { failedTamperings } from './failed-tamperings.ts'
import { keyTamperings } from './key-tamperings.ts'
import { pageTamperings } from './page-tamperings.ts'
import { runFileTamperings } from './run-file-tamperings.ts'
import {
  edit,
  editJson,
  editLines,
  type Json,
  type Line,
  put,
  rechained,
  resultOf,
  sha256,
  type Tampering,
} from './tamper-with.ts'
import { runId } from './workplace.ts'

/** What somebody may change who can also make the manifest fit again. Each is found all the same. */
export const tamperings: readonly Tampering[] = [
  ['a result in results.csv', edit('results.csv', ',succeeded,', ',unchanged,')],
  ['a status in results.csv', edit('results.csv', 'SUSPENDED', 'DEPROVISIONED')],
  ['a name in results.csv', edit('results.csv', 'Nemo', 'Somebody')],
  ['a user in results.csv', edit('results.csv', loginOf(1), loginOf(4))],
  ['a time in results.csv', edit('results.csv', /T\d\d:/, 'T77:')],
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
  ['the end of the run in summary.json', edit('summary.json', /"finished_at": ?"20/, '"finished_at":"19')],
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
  ...failedTamperings,
  ...beginningTamperings,
  ...keyTamperings,
  ...runFileTamperings,
  ['no results.jsonl', (files) => void files.delete('results.jsonl')],
  ['no data on the page', edit('report.html', 'class="facts"', 'class="other"')],
  ['a file more', (files) => void files.set('more.txt', 'more')],
  ...pageTamperings,
]
