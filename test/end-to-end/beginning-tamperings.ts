import {
  type Change,
  edit,
  editJson,
  type Json,
  type Line,
  put,
  rechained,
  type Tampering,
} from './tamper-with.ts'

const all =
  (...changes: readonly Change[]): Change =>
  (files) => {
    for (const change of changes) change(files)
  }

const inRun = (name: string, value: unknown): Change =>
  editJson('run.json', (content: Line) => put(content, name, value))

/** Changes how the run began wherever it is said, but in the journal. */
export const beginningTamperings: readonly Tampering[] = [
  [
    'the owner of the token, wherever but in the journal',
    (files) => {
      const { owner } = JSON.parse(files.get('run.json') ?? '') as { owner: { id: string; login: string } }
      inRun('owner', { id: owner.id, login: 'eve@example.com' })(files)
      edit('report.html', `${owner.login} (`, 'eve@example.com (')(files)
    },
  ],
  [
    'no owner of the token, wherever but in the journal',
    (files) => {
      const { owner } = JSON.parse(files.get('run.json') ?? '') as { owner: { id: string; login: string } }
      inRun('owner', 'none')(files)
      edit('report.html', `${owner.login} (${owner.id})`, 'a service app, which has no owner')(files)
    },
  ],
  [
    'a version, wherever but in the journal',
    all(
      editJson('run.json', (content: Json) => put(content.versions, 'node', 'v99.0.0')),
      edit('report.html', /, Node v[\d.]+/, ', Node v99.0.0'),
    ),
  ],
  ['when the run was created', inRun('created_at', '2020-01-01T00:00:00.000Z')],
  [
    'a run that is retried, wherever but in the journal',
    all(
      inRun('retry_of', 'another'),
      editJson('summary.json', (content: Line) => put(content, 'retry_of', 'another')),
      edit('report.html', '{"name":"Job"', '{"name":"Retry of","value":"another"},{"name":"Job"'),
    ),
  ],
  [
    'a re-chained journal of another owner',
    rechained((events) => {
      const owner = events.find(({ event }) => event === 'owner')
      put(owner, 'owner', { id: '00uOTHER000000000000', login: 'eve@example.com' })
    }),
  ],
  [
    'a re-chained journal that names no owner',
    rechained(
      (events) =>
        void events.splice(
          events.findIndex(({ event }) => event === 'owner'),
          1,
        ),
    ),
  ],
]
