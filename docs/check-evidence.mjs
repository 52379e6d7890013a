// Checks the evidence of a run: node check-evidence.mjs FILE.zip [--link LAST_LINK] [--manifest SHA256]
// It needs Node 20.19 or later and the folder check-evidence beside it, and shares no code with okta-lifecycle.
// Ends with 0 if all of it agrees, with 1 if not.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual as equal } from 'node:util'
import { text } from './check-evidence/cells.mjs'
import { readCsv, unquoted } from './check-evidence/csv.mjs'
import { compareFailed } from './check-evidence/failed.mjs'
import { readJournal, sha256, unzip } from './check-evidence/files.mjs'
import { headlineOf } from './check-evidence/headline.mjs'
import { compareWithInput, ownNames, readInput } from './check-evidence/input.mjs'
import { eventShapes, repeatsKey, shapes, strangeKeys } from './check-evidence/keys.mjs'
import { comparePage, limitOf } from './check-evidence/page.mjs'
import { compareRun } from './check-evidence/run.mjs'
import { fold } from './check-evidence/texts.mjs'

const found = []
const same = (what, seen, due) => equal(seen, due) || found.push(`${what}: ${JSON.stringify(seen)} is not ${JSON.stringify(due)}`)
const stop = (why) => {
  console.error(`${why}\nnode check-evidence.mjs FILE.zip [--link LAST_LINK] [--manifest SHA256]`)
  process.exit(2)
}
const [path, ...words] = process.argv.slice(2)
const flags = new Map()
for (; words.length > 0; words.splice(0, 2)) {
  const [name, value] = words
  if (!['--link', '--manifest'].includes(name) || !/^[0-9a-f]{32,64}$/i.test(value ?? '')) stop(`${name} ${value ?? ''}: not understood.`)
  flags.set(name, value.toLowerCase())
}
if (path === undefined || path.startsWith('--')) stop('No evidence is named.')
process.on('uncaughtException', (error) => {
  for (const line of [...found.slice(0, 50), `The evidence does not have the form that this script reads: ${error.message}.`]) console.log(line)
  process.exit(1)
})
const flag = (name) => flags.get(name)
const count = (keys) => keys.reduce((counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1), new Map())
/** Counts of an object that are not 0, in the order of their names: an absent count is 0. */
const plain = (counts) => Object.fromEntries([...(counts instanceof Map ? counts : Object.entries(counts ?? {}))].filter(([, n]) => n !== 0).sort())

/** The names of a task's user: id, key and login. */
const namesOf = (task) => [task.okta_user_id, fold(task.user), fold(task.okta_login ?? '')].filter((name) => name)

/** Whether no other row names the user of a row's tasks. */
function loneRows(tasks) {
  const rowOf = new Map()
  for (const task of tasks) for (const name of namesOf(task)) rowOf.set(name, [undefined, task.row].includes(rowOf.get(name)) ? task.row : null)
  return (ofRow) => ofRow.flatMap(namesOf).every((name) => rowOf.get(name) !== null)
}

/** People: tasks that share an id, a key or a login belong to one person. */
function countPeople(tasks, standing) {
  const [parent, stands] = [new Map(), new Map()]
  const root = (name) => {
    while (parent.get(name) !== name) name = parent.get(name)
    return name
  }
  for (const task of tasks) {
    const names = [` row ${task.row}`, ...namesOf(task)]
    for (const name of names) if (!parent.has(name)) parent.set(name, name)
    for (const name of names) parent.set(root(name), root(names[0]))
    stands.set(task, names[0])
  }
  const persons = new Map()
  for (const [task, name] of stands) persons.set(root(name), new Set([...(persons.get(root(name)) ?? []), standing(task)]))
  const kinds = [...persons.values()].map((set) => (set.has('need_you') ? 'need_you' : set.has('done') && !set.has('left_alone') ? 'done' : 'left_alone'))
  return { total: kinds.length, done: 0, need_you: 0, left_alone: 0, ...Object.fromEntries(count(kinds)) }
}

let files
try {
  files = unzip(readFileSync(path), (name) => found.push(`${name} is there twice`))
} catch (error) {
  stop(`${path} is not a zip that can be read: ${error.message}`)
}
const json = (name) => JSON.parse(files.get(name).toString())
const [manifest, run, job, summary] = ['manifest.json', 'run.json', 'job.json', 'summary.json'].map(json)
if (flag('--manifest') !== undefined) same('SHA-256 of manifest.json', sha256(files.get('manifest.json')), flag('--manifest'))
same('the files', [...files.keys()].sort(), ['manifest.json', ...manifest.files.map(({ name }) => name)].sort())
const known = ['manifest.json', 'run.json', 'job.json', 'summary.json', 'journal.ndjson', 'results.csv', 'results.jsonl', 'report.html', 'failed.csv', run.input.file, 'plan.json']
same(
  'files that do not belong there',
  [...files.keys()].filter((name) => !known.includes(name)),
  [],
)
for (const { name, bytes, sha256: digest } of manifest.files) same(name, [files.get(name)?.length, sha256(files.get(name) ?? '')], [bytes, digest])

// No file says anything in a key that is not known, or that a reader does not see because it is there twice.
const checkKeys = (where, content, value, shape) => {
  for (const strange of strangeKeys(value, shape)) found.push(`${where}: ${strange}`)
  if (repeatsKey(content, value)) found.push(`${where}: a key is there twice`)
}
for (const [name, value] of Object.entries({ 'manifest.json': manifest, 'run.json': run, 'job.json': job, 'summary.json': summary }))
  checkKeys(name, files.get(name).toString(), value, shapes[name])

const { events, broken, ...head } = readJournal(files.get('journal.ndjson'))
if (broken !== null) found.push(broken)
for (const [at, { event, ...fields }] of events.entries()) {
  const shape = Object.hasOwn(eventShapes, event) ? eventShapes[event] : null
  if (shape === null) found.push(`journal, line ${at + 1}: ${event} is not an event that is known`)
  else for (const strange of strangeKeys(fields, shape)) if (strange.endsWith(' known')) found.push(`journal, line ${at + 1}: ${strange}`)
}
same('end of the journal', head, manifest.journal)
same('end of the journal in summary.json', summary.journal, manifest.journal)
if (flag('--link') !== undefined) same('last link', (manifest.original_journal ?? head).chain, flag('--link'))
/** The result of a task in the journal. It is kept under a name that no column can have. */
const journalled = Symbol('journalled')
const results = new Map()
for (const { event, ...result } of events.filter(({ event }) => event === 'result')) {
  if (results.has(`${result.row}.${result.step}`)) found.push(`row ${result.row}: its result is there twice`)
  results.set(`${result.row}.${result.step}`, result)
}
same('run of the journal', events[0]?.run, run.run_id)
const lastBegun = events.findLastIndex(({ event }) => event === 'execution')
const { digests, org, begun } = events[lastBegun] ?? {}
if (org !== undefined) same('org of the journal', org, run.org_url)
if (digests && !manifest.redacted)
  same('digests in the journal', digests, {
    input: manifest.input.sha256,
    job: sha256(files.get('job.json')),
    ...(digests.plan === undefined && run.plan === undefined ? {} : { plan: run.plan?.sha256 }),
  })
// What was lost with the end of a damaged journal may have named the owner.
if (begun !== undefined) {
  const { created_at, versions, retry_of = null, undo_of = null, earlier_runs } = run
  same('how the run began, in the journal', begun, { created_at, versions, retry_of, undo_of, ...(earlier_runs && { earlier_runs }) })
  if (!events.slice(lastBegun).some(({ event }) => event === 'cut')) same('owner in the journal', events.findLast(({ event }) => event === 'owner')?.owner ?? null, run.owner)
}
same('job in run.json', run.job, job)
same('states', manifest.state, run.state)
same('names of the job', [manifest.job, summary.job], [job.name, job.name])
same('other runs', [summary.retry_of, summary.undo_of], [run.retry_of ?? null, run.undo_of ?? null])
same('earlier runs', summary.earlier_runs, run.earlier_runs)
// What an edition is, is shown by what it holds.
same(
  'input, failed.csv, plan.json',
  [run.input.file, 'failed.csv', 'plan.json'].map((name) => files.has(name)),
  [!manifest.redacted, !manifest.redacted, !manifest.redacted && run.plan !== undefined],
)
same('whether the input is included', manifest.input.included, !manifest.redacted)
same('input', [run.input.sha256, run.input.bytes], [manifest.input.sha256, manifest.input.bytes])
if (manifest.input.included) same(run.input.file, sha256(files.get(run.input.file)), run.input.sha256)
const [, planned, planDigest] = /^(.*),"sha256":"(\w+)"\}\n$/s.exec(files.get('plan.json') ?? '') ?? []
if (run.plan && manifest.input.included) same('plan.json', [sha256(planned ?? ''), planDigest], [run.plan.sha256, run.plan.sha256])

// Each task: the journal, results.jsonl, results.csv and report.html say the same.
const tasks = files
  .get('results.jsonl')
  .toString()
  .split('\n')
  .slice(0, -1)
  .map((line) => JSON.parse(line))
const withoutMark = (name) =>
  files
    .get(name)
    .toString()
    .replace(/^\uFEFF/, '')
const [columns, ...records] = readCsv(withoutMark('results.csv'))
const cellOf = (task, name) => task[name] ?? task[Object.keys(task).find((key) => key.toWellFormed() === name)]
same('lines of results.csv', records.length, tasks.length)
const last = events.findLast(({ event }) => event === 'execution' || event === 'stopped') ?? {}
const resultColumns = columns.slice(0, 16)
const own = ownNames(run.input.columns, columns.slice(0, 18))
same('own columns in results.csv', columns.slice(18).map(unquoted), own.map(text))
const accepted = new Set(events.flatMap(({ event, outcome, row, step }) => (event === 'answer' && outcome === 'applied' ? [`${row}.${step}`] : [])))
for (const name of ['results.csv', 'results.jsonl']) if (!/^$|\n$/.test(files.get(name).toString())) found.push(`${name}: its last line is cut off`)
for (const name of ['results.csv', 'failed.csv'].filter((known) => files.has(known)))
  for (const [at, record] of readCsv(withoutMark(name)).entries())
    for (const cell of record) if (/^[=+\-@\t\r＝＋－＠]/.test(cell)) found.push(`${name}, line ${at + 1}: a spreadsheet would run the cell ${JSON.stringify(cell)}`)
const lines = files.get('results.jsonl').toString().split('\n')
const keys = [...columns.slice(0, 18), ...own].sort()
tasks.forEach((task, at) => {
  same(`row ${task.row}, step ${task.step}, keys in results.jsonl`, Object.keys(task).sort(), keys)
  if (repeatsKey(lines[at], task)) found.push(`row ${task.row}, step ${task.step}: a key is there twice in results.jsonl`)
  const [result, where] = [results.get(`${task.row}.${task.step}`), `row ${task.row}, step ${task.step}`]
  same(
    `${where} of results.csv`,
    records[at]?.map(unquoted),
    columns.map((name) => text(cellOf(task, unquoted(name)))),
  )
  // A stopped run reports what Okta accepted and it had not verified yet.
  const isAccepted = last.state !== 'finished' && task.result === 'succeeded' && accepted.has(`${task.row}.${task.step}`)
  if (result === undefined && !isAccepted && ['succeeded', 'unchanged', 'failed', 'in_doubt'].includes(task.result)) found.push(`${where}: the journal has no result`)
  for (const name of result === undefined ? [] : resultColumns) same(`${where}, ${name}`, task[name], result[name])
  // What Okta accepted right before a kill is not finished.
  const isLate = task.due_at !== null && task.finished_at !== null && task.result === 'succeeded'
  const lag = isLate ? (Date.parse(task.finished_at) - Date.parse(task.due_at)) / 1000 : null
  same(`${where}, lag`, task.lag_seconds, lag)
  results.delete(`${task.row}.${task.step}`)
  Object.defineProperty(task, journalled, { value: result })
})
if (results.size > 0) found.push(`results without a line in results.jsonl: ${[...results.keys()].slice(0, 5).join(', ')}`)

// Every count.
const rows = new Map()
for (const task of tasks) rows.set(task.row, [...(rows.get(task.row) ?? []), task])
same(
  'row numbers',
  [...rows.keys()],
  Array.from({ length: run.input.rows }, (_, at) => at + 1),
)
const reason = ({ [journalled]: result }) => result?.reason ?? null
const isExcused = (task) => task.result === 'failed' && job.steps?.[task.step - 1]?.if_failed === 'go_on' && ['succeeded', 'unchanged'].includes(rows.get(task.row).at(-1).result)
const isLinkLost = ({ [journalled]: result }) => result?.activation_link === 'lost'
const standing = (task) => {
  if (isLinkLost(task)) return 'need_you'
  if (['succeeded', 'unchanged'].includes(task.result)) return 'done'
  if (isExcused(task) || ['duplicate', 'not_selected', 'not_due'].includes(reason(task))) return 'nothing'
  return reason(task) === 'only_status' ? 'left_alone' : 'need_you'
}
const names = ['activate', 'deactivate', 'reactivate', 'reset_factors', 'suspend', 'unlock', 'unsuspend']
const unknown = tasks.filter((task) => task.result === 'skipped' && task[journalled] === undefined).length
const actions = [...new Set(tasks.map(({ action }) => (names.includes(action) ? action : 'unknown')))]
same('tasks', [summary.tasks, run.input.tasks, manifest.tasks], Array(3).fill(tasks.length))
same('rows', summary.rows, rows.size)
same('results', plain(summary.results), plain(count(tasks.map(({ result }) => result))))
for (const name of new Set([...actions, ...Object.keys(summary.actions)]))
  same(name, plain(summary.actions[name]), plain(count(tasks.filter(({ action }) => (names.includes(action) ? action : 'unknown') === name).map(({ result }) => result))))
same('verified', plain(summary.verified), plain(count(tasks.flatMap(({ [journalled]: result }) => result?.verified ?? []))))
same('lost activation links', summary.lost_links ?? 0, tasks.filter(isLinkLost).length)
same('excused', summary.excused, tasks.filter(isExcused).length)
// Rows that a stopped run did not reach were judged by the input alone: why they are skipped is not in the journal.
if (unknown > 0) console.log(`Not recomputed, because the run did not reach ${unknown} skipped tasks: why they are skipped, rows by kind, people.`)
else {
  const kind = ([first]) => ({ invalid_row: 'bad', not_selected: 'not_selected', not_due: 'not_due', duplicate: 'duplicates' })[reason(first)] ?? 'with_tasks'
  same('skipped', plain(summary.skipped), plain(count(tasks.filter(({ result }) => result === 'skipped').map(reason))))
  same('rows by kind', plain(summary.control_totals), plain({ rows: rows.size, ...Object.fromEntries(count([...rows.values()].map(kind))) }))
  same('people', summary.people, countPeople(tasks, standing))
  if (summary.next_due_at !== undefined)
    same(
      'next due',
      summary.next_due_at,
      tasks
        .filter((task) => reason(task) === 'not_due')
        .map((task) => task.due_at)
        .sort()[0] ?? null,
    )
}
const lags = tasks
  .map(({ lag_seconds: lag }) => lag)
  .filter((lag) => lag !== null)
  .sort((a, b) => a - b)
const rank = (percent) => lags[Math.ceil((percent / 100) * lags.length) - 1]
const bound = job.input.due?.max_lag_seconds ?? null
if (lags.length > 0 || summary.lag) {
  const { worst_over_bound: late, ...lag } = summary.lag ?? {}
  const over = tasks.filter(({ lag_seconds: lag }) => bound !== null && lag > bound).sort((a, b) => b.lag_seconds - a.lag_seconds)
  same('lag', lag, {
    tasks: lags.length,
    median_seconds: rank(50),
    p95_seconds: rank(95),
    worst_seconds: lags.at(-1),
    bound_seconds: bound,
    over_bound: over.length,
  })
  same(
    'late tasks',
    late,
    over.slice(0, 20).map(({ row, step, user, okta_login, lag_seconds }) => ({ row, step, user, okta_login, lag_seconds })),
  )
}
const executions = []
for (const event of events) {
  if (event.event === 'execution') executions.push({ requests: {}, retries: {}, worked_ms: 0 })
  if (event.event === 'tally' || event.event === 'stopped') executions.splice(-1, 1, event)
}
const sum = (field) => executions.reduce((all, { [field]: counts }) => Object.entries(counts).reduce((to, [name, n]) => to.set(name, (to.get(name) ?? 0) + n), all), new Map())
const requests = sum('requests')
const { by_http_status: byStatus, ...kinds } = summary.requests
const [reads, lifecycle] = ['reads', 'lifecycle'].map((name) => requests.get(name) ?? 0)
same('requests', plain(kinds), plain({ total: reads + lifecycle, reads, lifecycle, roles: requests.get('roles') ?? 0 }))
const starting = (mark) => plain(new Map([...requests].filter(([name]) => name.startsWith(mark)).map(([name, n]) => [name.slice(mark.length), n])))
same('requests by status', plain(byStatus), starting('http_'))
same('requests by bucket', plain(new Map(summary.budget.map(({ bucket, used }) => [bucket, used]))), starting('bucket_'))
for (const { bucket, limit, share } of summary.budget) same(`limit and share of ${bucket}`, [limit, share], [limitOf(events, bucket), job.pace.share])
same('retries', plain(summary.retries), plain(sum('retries')))
same('executions and seconds', [summary.executions, summary.duration_seconds], [Math.max(1, executions.length), executions.reduce((ms, { worked_ms }) => ms + worked_ms, 0) / 1000])
if (files.has('failed.csv')) same('rows of failed.csv', readCsv(withoutMark('failed.csv')).length - 1, summary.rows_to_feed)
const { failed, in_doubt, unsettled, not_run } = summary.results
const mustLook =
  failed > summary.excused ||
  in_doubt + unsettled + not_run + (run.not_undone?.length ?? 0) > 0 ||
  tasks.some((task) => (task.result === 'skipped' || isLinkLost(task)) && standing(task) === 'need_you')
same('start', summary.started_at, events.find(({ event }) => event === 'execution')?.at)
if (last.event === 'stopped') {
  same('end', [summary.finished_at, summary.state, summary.reason], [last.at, last.state, last.state === 'finished' ? null : last.reason])
  if (last.state === 'finished') same('exit code', summary.exit_code, mustLook ? 1 : 0)
  else if (last.exit_code !== undefined) same('exit code', summary.exit_code, last.exit_code)
}
same('org', [summary.org, manifest.org], Array(2).fill(run.org_url === 'sandbox' ? 'sandbox (a simulated org)' : run.org_url))
same('what is not undone', summary.not_undone, run.not_undone)
same('totals in manifest.json', [manifest.control_totals, manifest.people, manifest.results], [summary.control_totals, summary.people, summary.results])
same(
  'headline',
  summary.headline,
  headlineOf({ people: summary.people, verified: summary.verified, lostLinks: summary.lost_links, notUndone: run.not_undone?.length, job, actions }),
)
same('run ids', [manifest.run_id, summary.run_id], [run.run_id, run.run_id])
comparePage({
  html: files.get('report.html').toString(),
  columns: [...columns.slice(0, 18), ...own],
  firstOfInput: 18,
  tasks,
  isLinkLost,
  needsYou: (task) => (task.result === 'skipped' && task[journalled] === undefined ? null : standing(task) === 'need_you'),
  run,
  job,
  summary,
  events,
  jobDigest: sha256(files.get('job.json')),
  rowsBytes: files.get('results.jsonl').length,
  same,
})
const reasonOf = ({ [journalled]: result }) => result?.reason
const read = manifest.redacted ? {} : readInput({ run, job, bytes: files.get(run.input.file) })
const compared = manifest.redacted
  ? ['Not compared with the input, which this edition does not have: users, actions, due times and own columns.']
  : compareWithInput({ rows, names: own, run, job, read, same, reasonOf })
if (!manifest.redacted) compared.push(...compareRun({ run, job, rows, bytes: files.get(run.input.file), read, last, reasonOf, isJudged: unknown === 0, same }))
if (files.has('failed.csv')) {
  const hasAllRows = read.records?.length === rows.size
  const verifiedOf = ({ [journalled]: result }) => result?.verified
  const left = compareFailed({
    lines: readCsv(withoutMark('failed.csv')),
    rows,
    read: { text: read.text, records: hasAllRows ? read.records : null },
    names: own,
    run,
    job,
    isExcused,
    reasonOf,
    verifiedOf,
    isAlone: loneRows(tasks),
    same,
  })
  if (run.state === 'closed' && flag('--manifest') === undefined)
    compared.push(
      `run.json says that run ${run.closed_by} goes on from this one, which keeps its rows out of failed.csv${left.length === 0 ? '' : ` (${left.length} of them, row ${left.slice(0, 5).join(', ')}${left.length > 5 ? ', ...' : ''})`}. The journal, which had ended by then, does not say so: check it with --manifest, or with the evidence of run ${run.closed_by}, whose journal names the run that it retries or undoes.`,
    )
}
if (digests && begun === undefined)
  compared.push(
    'The journal is of an older version and does not say how the run began: only --manifest vouches for owner, versions, creation and the run that is retried or undone.',
  )
if (!digests) compared.push('The journal is of an older version and has no digests of input and job: nothing shows that they are those of the run.')

for (const line of [...found.slice(0, 50), ...compared]) console.log(line)
console.log(
  found.length > 0
    ? `Things that do not agree: ${found.length}.`
    : `All agrees: ${tasks.length} tasks in ${rows.size} rows, ${events.length} events. Last link of the journal: ${(manifest.original_journal ?? head).chain}`,
)
if (manifest.redacted && flag('--link') !== undefined)
  console.log('The last link of the original is only what this edition says it is. Only --manifest shows that the edition itself is as it was made.')
process.exitCode = found.length > 0 ? 1 : 0
