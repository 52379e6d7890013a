import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { renderDuration } from '../../src/messages/duration.ts'
import { renderSummary } from '../../src/report/render-summary.ts'
import { type Summary, summarySchema, writeSummary } from '../../src/report/summary.ts'
import { complete, none, noSkips } from './summary-sample.ts'

const troubled: Summary = {
  ...complete,
  next: 'okta-lifecycle resume 20261124T080000Z-offboarding',
  exit_code: 1,
  executions: 3,
  results: { succeeded: 8, unchanged: 0, failed: 3, skipped: 10, in_doubt: 1, not_run: 2, unsettled: 4 },
  skipped: { ...noSkips, duplicate: 4, protected: 1, invalid_row: 2, earlier_step: 3 },
}

/** The line that begins with a label. */
function lineOf(text: string, label: string): string | undefined {
  return text.split('\n').find((line) => line.startsWith(label))
}

describe('renderSummary', () => {
  test('a run without trouble', () => {
    expect(renderSummary(complete)).toBe(`Run 20261124T080000Z-offboarding finished
12 of 12 people are deactivated. Nobody needs you.
Job    offboarding
Org    https://acme.example.com
Time   3 min 5 s
Input  12 rows = 11 with tasks + 0 bad + 0 not selected + 0 not due + 1 duplicate; 24 tasks

Results     succeeded  unchanged  skipped
deactivate         10          1        1
suspend            10          1        1
all                20          2        2

Nothing needs a look
As asked: 2 skipped as duplicates

Requests  45 (20 lifecycle, 24 reads)
Answers   43 × 200, 1 × 429, 1 without an answer
Retries   1 rate limited, 1 connection
Budget    /api/v1/users: 21 used, at most 50% of a limit of 300 a window
Budget    /api/v1/users/me: 1 used, at most 50% of an unknown limit

Run directory  runs/20261124T080000Z-offboarding
Results        runs/20261124T080000Z-offboarding/results.csv
Report         runs/20261124T080000Z-offboarding/report.html
Next           nothing, the run is complete
`)
  })

  test('what needs a look is counted, with where it stands and the rows to feed again', () => {
    const text = renderSummary(troubled)
    expect(text).toContain(`Needs a look
  3 failed: results.csv says why
  1 in doubt: may have been applied, so look the user up in Okta
  4 unsettled: sent, outcome not known yet; resume settles them
  2 not run: the run stopped first
  1 skipped because a guard protects the user
  2 skipped because the row is bad
  3 skipped because an earlier step of the row did not succeed
As asked: 4 skipped as duplicates
Details: runs/20261124T080000Z-offboarding/results.csv
`)
    expect(text).toContain('3 min 5 s in 3 executions')
  })

  test('rows are offered for feeding where nothing is unsettled, and never beside resume', () => {
    const rowsOf = (summary: Summary): string | undefined =>
      lineOf(renderSummary(summary), 'Rows to feed again')
    expect(rowsOf(troubled)).toBeUndefined()
    const settled = { ...troubled, results: { ...troubled.results, unsettled: 0 } }
    expect(rowsOf(settled)).toMatch(
      / runs\/20261124T080000Z-offboarding\/failed\.csv \(instead of retry, never in addition to it\)$/,
    )
    expect(rowsOf({ ...settled, state: 'stopped' })).toMatch(/failed\.csv \(instead of resume or retry/)
    const onlyBad = { ...complete, rows_to_feed: 1 }
    expect(rowsOf(onlyBad)).toMatch(/failed\.csv$/)
  })

  test('the next step is said as it was found', () => {
    const text = renderSummary({ ...complete, next: 'Check the network, then: okta-lifecycle resume r' })
    expect(lineOf(text, 'Next')).toMatch(/^Next +Check the network, then: okta-lifecycle resume r$/)
  })

  test('the reason stands in the first line and can neither add one nor move the cursor', () => {
    const text = renderSummary({ ...troubled, state: 'stopped', reason: 'said \u001b[2J\nNext: rm' })
    expect(text.split('\n')[0]).toBe(
      'Run 20261124T080000Z-offboarding stopped: said \\u001b[2J\\u000aNext: rm',
    )
    expect(text).not.toContain('\u001b')
  })

  test('an empty run has no table', () => {
    const text = renderSummary({
      ...complete,
      rows: 0,
      control_totals: { rows: 0, with_tasks: 0, bad: 0, not_selected: 0, not_due: 0, duplicates: 0 },
      tasks: 0,
      results: none,
      actions: {},
      skipped: noSkips,
      budget: [],
    })
    expect(text).not.toContain('succeeded')
    expect(text).toMatch(/0 rows = 0 with tasks .*; 0 tasks/)
  })

  test('the lag from due to confirmed, and who is over the bound of the job', () => {
    const lag = {
      tasks: 40,
      median_seconds: 90,
      p95_seconds: 3600,
      worst_seconds: 7200,
      bound_seconds: 3000,
      over_bound: 3,
      worst_over_bound: [
        { row: 7, step: 1, user: 'ada', okta_login: 'ada@example.com', lag_seconds: 7200 },
        { row: 9, step: 1, user: 'bob@example.com', okta_login: null, lag_seconds: 3600 },
      ],
    }
    const text = renderSummary({ ...complete, lag })
    expect(lineOf(text, 'Lag from due')).toMatch(/median 1 min 30 s, 95 of 100 within 1 h, worst 2 h$/)
    expect(text).toMatch(
      /\nOver 50 min +3 tasks\n +ada@example.com \(row 7\), 2 h\n +bob@example.com \(row 9\), 1 h\n +and 1 more\n/,
    )
    expect(renderSummary({ ...complete, lag: { ...lag, bound_seconds: null, over_bound: 0 } })).not.toMatch(
      /^Over/m,
    )
    expect(renderSummary({ ...complete, lag: null })).not.toContain('Lag')
  })

  test.each([
    [0, '0 s'],
    [0.44, '0.4 s'],
    [9.96, '10 s'],
    [59.6, '1 min'],
    [3599.6, '1 h'],
    [7 * 3600 + 29 * 60 + 31, '7 h 30 min'],
    [90_000, '25 h'],
  ])('%d seconds are %s', (seconds, shown) => {
    expect(renderDuration(seconds)).toBe(shown)
  })
})

describe('summary.json', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'summary-'))
  })

  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  test('reads back as written, mode 0600, with nothing beside it', async () => {
    await writeSummary(directory, complete)
    await writeSummary(directory, troubled)
    const path = join(directory, 'summary.json')
    expect(summarySchema.parse(JSON.parse(await readFile(path, 'utf8')))).toEqual(troubled)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['summary.json'])
  })

  test('the schema refuses what is not a summary and gives a JSON schema', () => {
    expect(summarySchema.safeParse({ ...complete, state: 'running' }).success).toBe(false)
    expect(summarySchema.safeParse({ ...complete, results: { succeeded: 1 } }).success).toBe(false)
    expect(summarySchema.safeParse({ ...complete, actions: { purge: none } }).success).toBe(false)
    expect(summarySchema.safeParse({ ...complete, token: 'x' }).success).toBe(false)
    expect(z.toJSONSchema(summarySchema)).toMatchObject({ type: 'object', additionalProperties: false })
  })
})
