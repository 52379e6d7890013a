// Part of check-evidence.mjs: which keys the JSON files may have. A key that nobody knows may say anything.

const names = (list) => Object.fromEntries(list.split(' ').map((name) => [name, 0]))
const versions = names('okta_lifecycle node')
const counts = { '*': 0 }
const end = names('lines bytes chain')
const result = names(
  'row step user action result reason status_before status_after http_status error_code message attempts started_at finished_at okta_user_id okta_login okta_request_id verified? activation_link?',
)
const attempt = names('row step attempt')
const control = names('rows with_tasks bad not_selected not_due duplicates')
const people = names('total done need_you left_alone')

const job = {
  ...names('name description action order read_first skip_invalid'),
  input: {
    ...names('format user_column action_column short_names header_line sheet hidden_rows empty'),
    check: names('login'),
    where: counts,
    due: names('column at time_zone time_zone_column format max_lag_seconds'),
  },
  steps: [names('action if_failed?')],
  options: names('send_email respond_async in_doubt'),
  pace: names('share concurrency'),
  guards: names('max_users max_percent unusual max_failures max_failure_rate max_duration_seconds protect protect_groups protect_admins only_status'),
  report: names('activation_links byte_order_mark'),
  verify: names('actions for_seconds'),
  notify: names('when people'),
}

/**
 * What each JSON file consists of: the keys of an object (`?` after one that may be absent, `*` for any), a list of such
 * objects, or 0 for what is not an object.
 */
export const shapes = {
  'job.json': job,
  'manifest.json': {
    ...names('format run_id redacted made_by org job state tasks'),
    control_totals: control,
    people,
    results: counts,
    journal: end,
    'original_journal?': end,
    input: names('sha256 bytes included'),
    files: [names('name bytes sha256')],
  },
  'run.json': {
    ...names(
      'format run_id created_at from_job_file? org_url accept_refusals? unusual? accept_unusual? input_passed? confirmed retry_of? journal_head? put_back? undo_of? not_undone? earlier_runs? closed_by? closed_from? state reason',
    ),
    versions,
    job,
    input: {
      ...names('name file format encoding? sha256 bytes rows tasks users due_users? repeated_rows? actions? columns'),
      'user_sample?': names('hashes whole actions?'),
      mapping: names('user action send_email addresses?'),
    },
    owner: names('id login'),
    'plan?': names('id sha256'),
    'carried_over?': end,
    'journal_begun?': end,
    'journal_end?': end,
  },
  'summary.json': {
    ...names(
      'run_id retry_of undo_of earlier_runs? not_undone? job org state reason next exit_code headline started_at finished_at duration_seconds executions rows tasks excused rows_to_feed',
    ),
    control_totals: control,
    people,
    results: counts,
    actions: { '*': counts },
    skipped: counts,
    'verified?': counts,
    'lost_links?': 0,
    'next_due_at?': 0,
    lag: { ...names('tasks median_seconds p95_seconds worst_seconds bound_seconds over_bound'), worst_over_bound: [names('row step user okta_login lag_seconds')] },
    requests: { ...names('total reads roles? lifecycle'), by_http_status: counts },
    retries: counts,
    budget: [names('bucket limit share used')],
    journal: end,
    files: names('directory results_csv results_jsonl failed_csv report_html'),
  },
}

/** The same for the events of the journal; older ones lack some of the keys. */
export const eventShapes = {
  journal: names('version run'),
  execution: {
    ...names('at org?'),
    'by?': names('user host'),
    'digests?': names('input job plan?'),
    'begun?': { ...names('created_at retry_of undo_of earlier_runs?'), versions },
  },
  owner: { owner: names('id login') },
  cut: names('okta_time okta_time_at_most? lost_bytes'),
  intent: {
    ...attempt,
    ...names('okta_time okta_time_at_least without_date? started_at user_id login status status_changed request_timeout_ms lost? repeats? unsent? judged_not_applied? uncounted?'),
    'explained?': names('to until'),
    'first?': names('okta_time_at_least status lost?'),
    'origin?': names('run row step'),
  },
  answer: { ...attempt, ...names('outcome okta_time okta_time_at_most? http_status error_code request_id message') },
  not_applied: { ...attempt, ...names('why unsent?') },
  in_doubt: { ...attempt, ...names('at_once timed_out sent_okta_time why') },
  verdict: { ...attempt, ...names('verdict evidence status_changed? repeat? explains_look?'), 'look?': names('status status_changed transitioning_to') },
  result,
  permits: names('bucket count okta_time okta_time_at_least?'),
  limit: names('bucket limit'),
  meant: names('row user_id login run'),
  tally: { worked_ms: 0, requests: counts, retries: counts, 'outlook?': { ...names('per_minute in_flight eta_seconds at'), waiting: names('bucket why until') } },
  stopped: { ...names('at state reason exit_code? worked_ms'), 'advice?': names('kind fix? flags? unless? next?'), requests: counts, retries: counts },
}

/** What an object has that it should not have, and what it lacks, each by its path. */
export function* strangeKeys(value, shape, path = '') {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) yield* strangeKeys(one, Array.isArray(shape) ? shape[0] : 0, `${path}[${at}]`)
    return
  }
  const known = shape === 0 || Array.isArray(shape) ? {} : shape
  const under = (key) => (path === '' ? key : `${path}.${key}`)
  for (const key of Object.keys(value)) {
    const place = [key, `${key}?`, '*'].find((name) => Object.hasOwn(known, name))
    if (place === undefined || key.endsWith('?')) yield `${under(key)} is not known`
    else yield* strangeKeys(value[key], known[place], under(key))
  }
  for (const key of Object.keys(known)) if (!/[?*]$/.test(key) && !Object.hasOwn(value, key)) yield `${under(key)} is missing`
}

const countKeys = (value) =>
  typeof value !== 'object' || value === null ? 0 : Object.values(value).reduce((sum, one) => sum + countKeys(one), Array.isArray(value) ? 0 : Object.keys(value).length)

/** Whether a JSON text gives a key of an object twice. A reader sees only the last one. */
export function repeatsKey(text, value) {
  let keys = 0
  for (const [, after] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (after !== undefined) keys++
  return keys !== countKeys(value)
}
