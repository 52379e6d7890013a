import { counted } from '../messages/counted.ts'
import { renderDuration, renderLag } from '../messages/duration.ts'
import { shellWord } from '../messages/shell-word.ts'
import { visible } from '../messages/shown.ts'
import { shownTime } from '../messages/shown-time.ts'
import { actionNames } from '../okta/actions.ts'
import { renderControlTotals } from '../rules/control-totals.ts'
import { expectedSkips, type SkipReason, skipReasons } from '../rules/result.ts'
import { hasTasksToRetry } from './next-step.ts'
import { reportedResults } from './report-row.ts'
import type { Summary } from './summary.ts'

/** The reasons for skips, for a person. */
const skipWords: Readonly<Record<SkipReason, string>> = {
  duplicate: 'as duplicates',
  only_status: 'by only_status',
  not_selected: 'as not selected',
  not_due: 'as not due yet',
  other_login: 'because the login in Okta differs from the one in the row',
  protected: 'because a guard protects the user',
  token_owner: 'because the user owns the API token',
  invalid_row: 'because the row is bad',
  earlier_step: 'because an earlier step of the row did not succeed',
  in_doubt: 'because an earlier action on the user is in doubt',
  superseded: 'because a later row of the user was carried out',
  changed_since_plan: 'because the user is not as the plan found it',
  changed_since_run: 'because the user is not as that run left it',
}

/** The summary for a terminal: plain text without colour, as lines that end with a line feed. */
export function renderSummary(summary: Summary): string {
  const sections = [
    renderHead(summary),
    renderActions(summary),
    renderLook(summary),
    renderRequests(summary),
    renderEnd(summary),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    // A reason may quote Okta or a file, and no such text may move the cursor or add a line.
    .map((lines) => lines.map(visible).join('\n'))
    .join('\n\n')}\n`
}

function renderHead(summary: Summary): string[] {
  const { next_due_at: nextDueAt = null } = summary
  const executions = summary.executions === 1 ? '' : ` in ${summary.executions} executions`
  const reason = summary.reason === null ? '' : `: ${summary.reason}`
  return [
    `Run ${summary.run_id} ${summary.state}${reason}`,
    ...(summary.headline === undefined ? [] : [summary.headline]),
    ...alignLabels([
      ...(summary.retry_of === null ? [] : [['Retry of', summary.retry_of] as const]),
      ...(summary.undo_of === null ? [] : [['Undo of', summary.undo_of] as const]),
      ...(summary.not_undone ?? []).map((sentence) => ['Not undone', sentence] as const),
      ['Job', summary.job],
      ['Org', summary.org],
      ['Time', `${renderDuration(summary.duration_seconds)}${executions}`],
      ['Input', renderInput(summary)],
      ...(nextDueAt === null ? [] : [['Next due', `${shownTime(nextDueAt)} UTC`] as const]),
      ...renderVerified(summary),
      ...renderLags(summary),
    ]),
  ]
}

function renderInput({ rows, control_totals: control, tasks }: Summary): string {
  const counts = control === undefined ? counted(rows, 'row') : renderControlTotals(control)
  return `${counts}; ${counted(tasks, 'task')}`
}

/** What verifying the accepted calls showed. */
function renderVerified({ verified }: Summary): [string, string][] {
  if (verified === undefined) return []
  const { held, not_held: notHeld, not_known: notKnown } = verified
  const said = [
    `${held} held`,
    ...(notHeld > 0 ? [`${notHeld} did not hold`] : []),
    ...(notKnown > 0 ? [`${notKnown} not known`] : []),
  ]
  return [['Verified', said.join(', ')]]
}

/** How many late tasks are named; the summary's file has more. */
const mostLate = 5

/** How long after their due times tasks were confirmed, and which of them were too late. */
function renderLags({ lag }: Summary): [string, string][] {
  if (lag === null || lag === undefined) return []
  const [median, p95, worst, bound] = [
    lag.median_seconds,
    lag.p95_seconds,
    lag.worst_seconds,
    lag.bound_seconds ?? 0,
  ].map(renderLag)
  const late = lag.worst_over_bound.slice(0, mostLate)
  const more = lag.over_bound - late.length
  const first: [string, string] = [`Over ${bound}`, counted(lag.over_bound, 'task')]
  const others = late.map(({ row, user, okta_login: login, lag_seconds: seconds }): [string, string] => [
    '',
    `${login ?? user} (row ${row}), ${renderLag(seconds)}`,
  ])
  return [
    ['Lag from due', `median ${median}, 95 of 100 within ${p95}, worst ${worst}`],
    ...(lag.over_bound === 0 ? [] : [first, ...others]),
    ...(more > 0 && lag.over_bound > 0 ? ([['', `and ${more} more`]] satisfies [string, string][]) : []),
  ]
}

/** A table of the results: a column for each result that occurs, a line for each action, and one for all actions. */
function renderActions(summary: Summary): string[] {
  const results = reportedResults.filter((result) => summary.results[result] > 0)
  if (results.length === 0) return []
  const actions = [...actionNames, 'unknown' as const].flatMap((name) => {
    const counts = summary.actions[name]
    return counts === undefined ? [] : [[name, ...results.map((result) => String(counts[result]))]]
  })
  const all = ['all', ...results.map((result) => String(summary.results[result]))]
  return alignTable([['Results', ...results], ...actions, ...(actions.length > 1 ? [all] : [])])
}

function renderLook(summary: Summary): string[] {
  const { results, excused, skipped, files, lost_links: lostLinks = 0, not_undone: notUndone = [] } = summary
  const looks: string[] = []
  if (notUndone.length > 0) looks.push('what was not undone: see above')
  const failed = results.failed - excused
  if (failed > 0) looks.push(`${failed} failed: results.csv says why`)
  if (results.in_doubt > 0) {
    looks.push(`${results.in_doubt} in doubt: may have been applied, so look the user up in Okta`)
  }
  if (results.unsettled > 0) {
    looks.push(`${results.unsettled} unsettled: sent, outcome not known yet; resume settles them`)
  }
  if (lostLinks > 0) {
    looks.push(
      `${counted(lostLinks, 'activation link')} lost: the action was applied, so these users may have no way in; reactivate makes new links`,
    )
  }
  if (results.not_run > 0) looks.push(`${results.not_run} not run: the run stopped first`)
  for (const reason of skipReasons) {
    if (skipped[reason] > 0 && !expectedSkips.has(reason)) {
      looks.push(`${skipped[reason]} skipped ${skipWords[reason]}`)
    }
  }
  const expected = skipReasons
    .filter((reason) => skipped[reason] > 0 && expectedSkips.has(reason))
    .map((reason) => `${skipped[reason]} skipped ${skipWords[reason]}`)
  if (excused > 0)
    expected.push(`${excused} failed in an earlier step, but the last step of the row did not fail`)
  return [
    ...(looks.length > 0 ? ['Needs a look', ...looks.map((line) => `  ${line}`)] : ['Nothing needs a look']),
    ...(expected.length > 0 ? [`As asked: ${expected.join(', ')}`] : []),
    ...(looks.length > 0 ? [`Details: ${files.results_csv}`] : []),
  ]
}

function renderRequests({ requests, retries, budget }: Summary): string[] {
  const statuses = Object.entries(requests.by_http_status)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => (status === 'none' ? `${count} without an answer` : `${count} × ${status}`))
  const causes = Object.entries(retries)
    .filter(([, count]) => count > 0)
    .map(([cause, count]) => `${count} ${cause.replaceAll('_', ' ')}`)
  const lines: [string, string][] = [
    ['Requests', `${requests.total} (${requests.lifecycle} lifecycle, ${requests.reads} reads)`],
  ]
  if (statuses.length > 0) lines.push(['Answers', statuses.join(', ')])
  if (causes.length > 0) lines.push(['Retries', causes.join(', ')])
  for (const { bucket, limit, share, used } of budget) {
    const of = limit === null ? 'an unknown limit' : `a limit of ${limit} a window`
    lines.push(['Budget', `${bucket}: ${used} used, at most ${Number((share * 100).toFixed(1))}% of ${of}`])
  }
  return alignLabels(lines)
}

function renderEnd(summary: Summary): string[] {
  const { journal } = summary
  const { directory, results_csv, failed_csv, report_html } = summary.files
  return alignLabels([
    ...(directory.startsWith('postgres')
      ? [
          ['Store', directory] as const,
          [
            'Reports',
            `okta-lifecycle report ${summary.run_id} --store ${shellWord(directory)} --out DIR`,
          ] as const,
        ]
      : [
          ['Run directory', directory] as const,
          ['Results', results_csv] as const,
          ...(report_html === undefined ? [] : [['Report', report_html] as const]),
        ]),
    ...(journal === undefined
      ? []
      : [['Journal', `${counted(journal.lines, 'line')}, last link ${journal.chain}`] as const]),
    ...(hasRowsToFeed(summary) ? [['Rows to feed again', failed_csv + otherWays(summary)] as const] : []),
    ['Next', summary.next],
  ])
}

/** Rows that are fed again and also resumed or retried would be done twice. Bad rows alone are never retried. */
function otherWays(summary: Summary): string {
  if (summary.state === 'finished' && !hasTasksToRetry(summary)) return ''
  return summary.state === 'finished'
    ? ' (instead of retry, never in addition to it)'
    : ' (instead of resume or retry, never in addition to them)'
}

function hasRowsToFeed(summary: Summary): boolean {
  // Only the run itself can settle unsettled calls; feeding the other rows first would leave no safe way to do that.
  if (summary.results.unsettled > 0) return false
  if (summary.rows_to_feed !== undefined) return summary.rows_to_feed > 0
  return hasTasksToRetry(summary) || summary.skipped.invalid_row > 0
}

function alignLabels(lines: readonly (readonly [label: string, text: string])[]): string[] {
  const width = Math.max(...lines.map(([label]) => label.length))
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${text}`)
}

/** Aligns lines of cells in columns: the first column to the left, the numbers to the right. */
function alignTable(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}
