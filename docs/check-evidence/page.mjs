// Part of check-evidence.mjs: what report.html must say, from the other files. Its texts for people, which say what to do
// about each kind of trouble, are not compared, and neither are the script that shows the page and its style.
import { createHash } from 'node:crypto'
import { repeatsKey } from './keys.mjs'

const head = [
  '<!doctype html>',
  '<html lang="en">',
  '<head>',
  '<meta charset="utf-8">',
  '<meta http-equiv="Content-Security-Policy" content="([^"]*)">',
  '<meta name="viewport" content="width=device-width, initial-scale=1">',
  '<meta name="referrer" content="no-referrer">',
  '<title>([^<]*)</title>',
  '<link rel="icon" href="data:,">',
  '<style>([^<]*)</style>',
  '</head>',
  '<body>',
]
const rowBlock = '<script type="application/json" class="rows">([^<]*)</script>\n'
const tail = [
  '<div id="app">',
  '<h1>([^<]*)</h1>',
  '<p>Next: ([^<]*)</p>',
  '<p>([^<]*)</p>',
  '</div>',
  '<script type="application/json" class="facts">([^<]*)</script>',
  '<script>([^]*)</script>',
  '</body>',
  '</html>',
]
/** The parts of the page, which has nothing else in it: not even a comment. Null if it has. */
function partsOf(html) {
  const begin = new RegExp(`^${head.join('\n')}\n`).exec(html)
  const place = html.indexOf('<div id="app">')
  const blocks = html.slice(begin?.[0].length ?? 0, Math.max(0, place))
  const end = new RegExp(`^${tail.join('\n')}\n$`).exec(html.slice(place))
  const rows = [...blocks.matchAll(new RegExp(rowBlock, 'g'))]
  if (begin === null || end === null || rows.map(([all]) => all).join('') !== blocks || end[5].includes('</script')) return null
  const [, policy, title, style] = begin
  const [, headline, next, advice, facts, script] = end
  return {
    policy,
    title,
    style,
    headline,
    next,
    advice,
    facts: JSON.parse(facts),
    rows: rows.flatMap(([, body]) => JSON.parse(body)),
    isPlain: !repeatsKey(facts, JSON.parse(facts)),
    script,
  }
}

const digestOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`
const policyOf = ({ script, style }) =>
  ["default-src 'none'", `script-src '${digestOf(script)}'`, `style-src '${digestOf(style)}'`, 'img-src data:', "base-uri 'none'", "form-action 'none'"].join('; ')

const digits = (number) => number.toLocaleString('en-US')
const moment = (time) => `${time.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} (UTC)`
function duration(seconds) {
  const whole = Math.round(seconds)
  const minutes = Math.round(whole / 60)
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The limit of a bucket that Okta showed last; null if it showed none. */
export const limitOf = (events, bucket) => events.findLast((event) => event.event === 'limit' && event.bucket === bucket)?.limit ?? null

/** Requests over time: at most 240 bars of 1, 2, 4 ... seconds from the first request on. */
function timelineOf(events, share) {
  const bucket = '/api/v1/users'
  const sent = events.filter((event) => event.event === 'permits' && event.bucket === bucket)
  if (sent.length === 0) return null
  const second = ({ okta_time: time }) => Math.floor(time / 1000)
  const first = second(sent[0])
  let [step, counts] = [1, []]
  for (const event of sent) {
    const place = () => Math.max(0, Math.floor((second(event) - first) / step))
    for (; place() >= 240; step *= 2) counts = counts.filter((_, at) => at % 2 === 0).map((count, at) => count + (counts[at * 2 + 1] ?? 0))
    while (counts.length <= place()) counts.push(0)
    counts[place()] += event.count
  }
  return { from: first * 1000, step, counts, limit: limitOf(events, bucket), share }
}

/** The facts of the run, in their order. */
function factsOf({ run, job, summary, events, jobDigest }) {
  const { input, owner, versions } = run
  const starts = events.flatMap(({ event, by }) => (event === 'execution' && by ? [`${by.user} on ${by.host}`] : []))
  const { requests, journal } = summary
  const facts = {
    Run: run.run_id,
    'Retry of': run.retry_of,
    'Undo of': run.undo_of,
    'Not undone': run.not_undone?.join(' '),
    Job: job.description === null ? job.name : `${job.name}: ${job.description}`,
    Org: summary.org,
    'Token of': owner === 'none' ? 'a service app, which has no owner' : owner && `${owner.login} (${owner.id})`,
    'Started by': [...new Set(starts)].join(', ') || null,
    From: moment(summary.started_at),
    To: moment(summary.finished_at),
    'At work': `${duration(summary.duration_seconds)} in ${summary.executions} ${summary.executions === 1 ? 'execution' : 'executions'}`,
    Requests: `${digits(requests.total)}: ${digits(requests.lifecycle)} lifecycle calls, ${digits(requests.reads)} reads`,
    Input: `${input.name === '-' ? 'standard input' : input.name} (${digits(input.bytes)} bytes)`,
    'SHA-256 of the input': input.sha256,
    'SHA-256 of the job': jobDigest,
    Journal: `${digits(journal.lines)} lines, ${digits(journal.bytes)} bytes`,
    'Last link of the journal': journal.chain,
    Versions: `okta-lifecycle ${versions.okta_lifecycle}, Node ${versions.node}`,
    'Exit status': String(summary.exit_code),
  }
  return Object.entries(facts).flatMap(([name, value]) => (value === null || value === undefined ? [] : [{ name, value }]))
}

function totalsOf({ control_totals: control, tasks, results }) {
  const rowKinds = { 'with tasks': 'with_tasks', bad: 'bad', 'not selected': 'not_selected', 'not due yet': 'not_due', duplicate: 'duplicates' }
  const taskKinds = ['succeeded', 'unchanged', 'failed', 'skipped', 'in_doubt', 'not_run', 'unsettled']
  return [
    { name: 'rows', count: control.rows, parts: Object.entries(rowKinds).map(([name, kind]) => ({ name, count: control[kind] })) },
    { name: 'tasks', count: tasks, parts: taskKinds.map((kind) => ({ name: kind.replaceAll('_', ' '), count: results[kind] })) },
  ]
}

function lagOf(lag) {
  if (!lag) return null
  const late = lag.worst_over_bound.map(({ row, user, okta_login: login, lag_seconds: seconds }) => ({ row, user: login ?? user, lag: seconds }))
  return { tasks: lag.tasks, median: lag.median_seconds, p95: lag.p95_seconds, worst: lag.worst_seconds, bound: lag.bound_seconds, overBound: lag.over_bound, late }
}

/** The name of the last cell of a row, which says why the task needs somebody. */
const needs = '\0needs'
const counted = (values) => values.reduce((counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1), new Map())
/** The values that each column can be filtered by, the most frequent first. */
function valuesOf(columns, rows) {
  const filtered = [needs, 'result', 'action', 'status_before', 'status_after', 'error_code']
  const places = filtered.map((name) => [name, name === needs ? -1 : columns.indexOf(name)])
  const counts = places.map(([name, place]) => [name, [...counted(rows.map((row) => String(row.at(place) ?? '') || '\0'))]])
  return Object.fromEntries(
    counts.map(([name, all]) => [
      name,
      all
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, 100),
    ]),
  )
}

/** The kinds of trouble, the most urgent first: their words, how many tasks, their result, and the first ten of them. */
function troubleOf(tasks, titles, isLinkLost) {
  const [kinds, first] = [new Map(), new Map()]
  for (const [at, title] of titles.entries()) {
    if (title === null) continue
    const kind = kinds.get(title) ?? { title, tasks: 0, result: tasks[at].result, filters: { [needs]: title }, examples: [] }
    kinds.set(title, kind)
    if (kind.tasks === 0) first.set(kind, tasks[at])
    if (kind.tasks++ < 10) kind.examples.push({ row: tasks[at].row, user: tasks[at].okta_login ?? tasks[at].user, message: tasks[at].message })
  }
  // A lost link is as urgent as a failure.
  const urgency = (task) => ['in_doubt', 'unsettled', 'failed', 'skipped', 'not_run'].indexOf(isLinkLost(task) ? 'failed' : task.result)
  return [...kinds.values()].sort((a, b) => urgency(first.get(a)) - urgency(first.get(b)) || b.tasks - a.tasks)
}

/**
 * Compares what the page shows with the other files.
 *
 * @param columns of a row, under their names in results.jsonl
 * @param rowsBytes the length of results.jsonl
 * @param isLinkLost whether a task was done but nobody has the activation link that it made
 * @param needsYou whether a task needs somebody; null if the journal does not say
 */
export function comparePage({ html, columns, firstOfInput, tasks, isLinkLost, needsYou, run, job, summary, events, jobDigest, rowsBytes, same }) {
  const parts = partsOf(html)
  same('whether report.html has the form of a report, and nothing else in it', parts !== null, true)
  if (parts === null) return
  const { facts, rows } = parts
  const { attention, facts: told = [], notShown: _, ...shown } = facts
  // A page with too many rows for a browser has none.
  const hasRows = tasks.length <= 100_000 && (rowsBytes <= 100_000_000 || facts.hasRows === true)
  const due = {
    headline: summary.headline,
    run: run.run_id,
    job: job.name,
    org: summary.org,
    finished: summary.finished_at,
    stopped: summary.reason,
    next: summary.next,
    people: summary.people,
    totals: totalsOf(summary),
    values: hasRows ? valuesOf(columns, rows) : facts.values,
    lag: lagOf(summary.lag),
    timeline: timelineOf(events, job.pace.share),
    columns,
    firstOfInput,
    tasks: tasks.length,
    hasRows,
    resultsFile: 'results.csv',
  }
  for (const name of new Set([...Object.keys(due), ...Object.keys(shown)])) same(`${name} in report.html`, shown[name], due[name])
  const toTell = factsOf({ run, job, summary, events, jobDigest })
  const namesOf = (list) => list.map(({ name }) => name)
  same('facts in report.html', namesOf(told), namesOf(toTell))
  for (const fact of told) same(`keys of ${fact.name} in report.html`, Object.keys(fact), ['name', 'value'])
  const known = ['title', 'tasks', 'advice', 'command', 'result', 'filters', 'examples']
  for (const kind of attention)
    same(
      `keys of ${kind.title} in report.html`,
      Object.keys(kind).filter((key) => !known.includes(key)),
      [],
    )
  same('whether report.html gives each key once', parts.isPlain, true)
  for (const [at, { name, value }] of toTell.entries()) same(`${name} in report.html`, told[at]?.value, value)
  const escaped = (text) => text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character])
  const advice = 'Open this file in a browser to see everything: its table needs JavaScript. results.csv has a line for each task.'
  same(
    'report.html without its script',
    [parts.title, parts.headline, parts.next, parts.advice, parts.policy],
    [...[`Report of run ${run.run_id}`, summary.headline, summary.next, advice].map(escaped), policyOf(parts)],
  )
  const inNeed = tasks.filter(needsYou).length
  if (tasks.every((task) => needsYou(task) !== null))
    same(
      'tasks that need somebody in report.html',
      attention.reduce((sum, kind) => sum + kind.tasks, 0),
      inNeed,
    )
  if (!hasRows) return
  same('rows of report.html', rows.length, tasks.length)
  if (rows.length !== tasks.length) return
  tasks.forEach((task, at) => {
    const row = columns.map((name) => task[name] ?? null)
    same(`row ${task.row}, step ${task.step} of report.html`, rows[at].slice(0, -1), row)
    if (needsYou(task) !== null) same(`row ${task.row}, step ${task.step} of report.html, whether it needs somebody`, rows[at].at(-1) !== null, needsYou(task))
  })
  const trouble = attention.map(({ advice: _, command: __, ...kind }) => kind)
  same(
    'what needs somebody in report.html',
    trouble,
    troubleOf(
      tasks,
      rows.map((row) => row.at(-1)),
      isLinkLost,
    ),
  )
}
