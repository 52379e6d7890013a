import type { JournalState } from '../journal/journal-state.ts'
import { renderDuration } from '../messages/duration.ts'
import { shownTime } from '../messages/shown-time.ts'
import { lifecycleBucket } from '../okta/bucket.ts'
import type { Fact, PageFacts, PageLag, Timeline, Total } from '../page/page-data.ts'
import { grouped } from '../page/words.ts'
import { jobDigest } from '../run/job-digest.ts'
import type { RunFile } from '../run/run-file.ts'
import { nameInputColumns, resultColumns } from './columns.ts'
import { reportedResults } from './report-row.ts'
import type { Summary } from './summary.ts'

/** What the page of a run shows, apart from its rows. */
export function pageFactsOf(
  run: RunFile,
  state: Pick<JournalState, 'executions' | 'requestTimes' | 'sentRecently'>,
  summary: Summary,
  { attention, values }: Pick<PageFacts, 'attention' | 'values'>,
): Omit<PageFacts, 'hasRows'> {
  return {
    headline: summary.headline ?? '',
    run: summary.run_id,
    job: summary.job,
    org: summary.org,
    finished: summary.finished_at,
    stopped: summary.reason,
    next: summary.next,
    people: summary.people ?? { total: 0, done: 0, need_you: 0, left_alone: 0 },
    totals: totalsOf(summary),
    attention,
    values,
    lag: lagOf(summary.lag ?? null),
    timeline: timelineOf(run, state),
    facts: factsOf(run, state.executions.startedBy, summary),
    notShown,
    columns: [...resultColumns, ...nameInputColumns(run.input.columns)],
    firstOfInput: resultColumns.length,
    tasks: summary.tasks,
    resultsFile: 'results.csv',
  }
}

const notShown: readonly string[] = [
  'Applications that are not connected to Okta. Accounts there must be closed in the application.',
  'Sessions inside applications: a user who is signed in to one can stay signed in until that session ends.',
  'Directories: users who come from Active Directory, LDAP or an HR system can be changed back by its next import, unless they are changed there too.',
  "What happened in Okta after this run. A user's status is as the run saw it last.",
]

/** Rows and tasks, each as a whole and the parts that add up to it. */
function totalsOf({ control_totals: control, tasks, results }: Summary): readonly Total[] {
  const ofRows =
    control === undefined
      ? []
      : [
          {
            name: 'rows',
            count: control.rows,
            parts: [
              { name: 'with tasks', count: control.with_tasks },
              { name: 'bad', count: control.bad },
              { name: 'not selected', count: control.not_selected },
              { name: 'not due yet', count: control.not_due },
              { name: 'duplicate', count: control.duplicates },
            ],
          },
        ]
  const parts = reportedResults.map((name) => ({ name: name.replaceAll('_', ' '), count: results[name] }))
  return [...ofRows, { name: 'tasks', count: tasks, parts }]
}

function lagOf(lag: Summary['lag'] | null): PageLag | null {
  if (lag === null || lag === undefined) return null
  return {
    tasks: lag.tasks,
    median: lag.median_seconds,
    p95: lag.p95_seconds,
    worst: lag.worst_seconds,
    bound: lag.bound_seconds,
    overBound: lag.over_bound,
    late: lag.worst_over_bound.map(({ row, user, okta_login: login, lag_seconds }) => ({
      row,
      user: login ?? user,
      lag: lag_seconds,
    })),
  }
}

function timelineOf(
  run: RunFile,
  { requestTimes, sentRecently }: Pick<JournalState, 'requestTimes' | 'sentRecently'>,
): Timeline | null {
  const times = requestTimes.of(lifecycleBucket)
  if (times === null) return null
  return { ...times, limit: sentRecently.limit(lifecycleBucket), share: run.job.pace.share }
}

function factsOf(run: RunFile, startedBy: readonly string[], summary: Summary): readonly Fact[] {
  const { input, job, owner, versions } = run
  const facts: (readonly [name: string, value: string | null])[] = [
    ['Run', summary.run_id],
    ['Retry of', summary.retry_of],
    ['Undo of', summary.undo_of],
    ['Not undone', summary.not_undone?.join(' ') ?? null],
    ['Job', job.description === null ? job.name : `${job.name}: ${job.description}`],
    ['Org', summary.org],
    ['Token of', ownerOf(owner)],
    ['Started by', startedBy.length === 0 ? null : startedBy.join(', ')],
    ['From', `${shownTime(summary.started_at)} (UTC)`],
    ['To', `${shownTime(summary.finished_at)} (UTC)`],
    [
      'At work',
      `${renderDuration(summary.duration_seconds)} in ${summary.executions} ${summary.executions === 1 ? 'execution' : 'executions'}`,
    ],
    [
      'Requests',
      `${grouped(summary.requests.total)}: ${grouped(summary.requests.lifecycle)} lifecycle calls, ${grouped(summary.requests.reads)} reads`,
    ],
    ['Input', `${input.name === '-' ? 'standard input' : input.name} (${grouped(input.bytes)} bytes)`],
    ['SHA-256 of the input', input.sha256],
    ['SHA-256 of the job', jobDigest(job)],
    [
      'Journal',
      summary.journal === undefined
        ? null
        : `${grouped(summary.journal.lines)} lines, ${grouped(summary.journal.bytes)} bytes`,
    ],
    ['Last link of the journal', summary.journal?.chain ?? null],
    ['Versions', `okta-lifecycle ${versions.okta_lifecycle}, Node ${versions.node}`],
    ['Exit status', String(summary.exit_code)],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]))
}

function ownerOf(owner: RunFile['owner']): string | null {
  if (owner === null) return null
  return owner === 'none' ? 'a service app, which has no owner' : `${owner.login} (${owner.id})`
}
