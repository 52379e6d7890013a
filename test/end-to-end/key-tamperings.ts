import {
  edit,
  editJson,
  editLines,
  editPage,
  type Line,
  put,
  rechained,
  type Tampering,
} from './tamper-with.ts'

const approved = { approved_by: 'the board' }

/** The object that a path such as `input.mapping` leads to. */
function at(content: Line, path: string): Line {
  let inner = content
  for (const name of path.split('.').filter((part) => part !== '')) inner = inner[name] as Line
  return inner
}

function more(file: string, path = ''): Tampering {
  return [
    `a key more in ${path === '' ? '' : `${path} of `}${file}`,
    editJson(file, (content: Line) => void Object.assign(at(content, path), approved)),
  ]
}

function onPage(path: string): Tampering {
  return [
    `a key more in ${path} of the page`,
    editPage('facts', (content) => void Object.assign(at(content, path), approved)),
  ]
}

/** Keys that no reader knows, and keys that a reader does not see. */
export const keyTamperings: readonly Tampering[] = [
  ...['', 'people', 'results', 'journal', 'input', 'control_totals'].map((path) =>
    more('manifest.json', path),
  ),
  ...['', 'versions', 'owner', 'input', 'input.mapping', 'job', 'job.guards'].map((path) =>
    more('run.json', path),
  ),
  ...['', 'lag', 'lag.worst_over_bound.0', 'requests', 'files', 'budget.0', 'people'].map((path) =>
    more('summary.json', path),
  ),
  ...['', 'input.due'].map((path) => more('job.json', path)),
  [
    'a key more in job.json and in run.json',
    (files) => {
      editJson('job.json', (content: Line) => void Object.assign(content, approved))(files)
      editJson('run.json', (content: Line) => void Object.assign(content.job as Line, approved))(files)
    },
  ],
  ...[
    'people',
    'facts.0',
    'attention.0',
    'attention.0.examples.0',
    'lag',
    'lag.late.0',
    'totals.0',
    'timeline',
  ].map(onPage),
  [
    'a key more in results.jsonl',
    editLines('results.jsonl', (lines) => {
      lines[0] = JSON.stringify({ ...JSON.parse(lines[0] ?? ''), ...approved })
    }),
  ],
  ['a key twice in results.jsonl', edit('results.jsonl', '{"row":1', '{"row":7,"row":1')],
  ['a key twice in summary.json', edit('summary.json', '{', '{"exit_code":0,')],
  ['a key twice in run.json', edit('run.json', '"owner"', '"owner":"none","owner"')],
  ['people twice in summary.json', edit('summary.json', '"people"', '"people":1,"people"')],
  ['a key twice on the page', edit('report.html', '{"headline"', '{"headline":"All is well","headline"')],
  ['a re-chained journal with a key more', rechained((events) => put(events[0], 'approved_by', 'the board'))],
  [
    'a re-chained journal with an event that nobody knows',
    rechained((events) => void events.splice(2, 0, { event: 'approved', by: 'the board' })),
  ],
]
