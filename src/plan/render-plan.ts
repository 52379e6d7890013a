import { counted } from '../messages/counted.ts'
import { renderDuration } from '../messages/duration.ts'
import { visible } from '../messages/shown.ts'
import { actionNames } from '../okta/actions.ts'
import { userStatuses } from '../okta/status.ts'
import { renderControlTotals } from '../rules/control-totals.ts'
import { type Expectation, expectations } from '../rules/expectation.ts'
import type { PlanEnd, PlannedTask, PlanTotals } from './plan-schema.ts'
import type { PlanForecast } from './plan-time.ts'

/** How wide the columns of a plan are, in characters. */
export interface PlanWidths {
  readonly row: number
}

const stepWidth = 4
const actionWidth = longest(actionNames)
const statusWidth = longest(userStatuses)
const expectedWidth = longest(expectations)

/** The widths for an input of this many rows. */
export function planWidths(rows: number): PlanWidths {
  return { row: Math.max('row'.length, String(rows).length) }
}

/** The names of a plan's columns, as a line without its line feed. */
export function renderPlanHead(widths: PlanWidths): string {
  return inColumns(['row', 'step', 'action', 'status', 'expected', 'user'], widths)
}

/** A planned task as a line of the table, without its line feed. */
export function renderPlannedTask(task: PlannedTask, widths: PlanWidths): string {
  const { row, step, user, okta_login: login, action, status, expected, reason } = task
  const who = login === null || login.toLowerCase() === user.toLowerCase() ? user : `${user} = ${login}`
  const what = reason === null ? who : `${who}: ${reason}`
  return visible(inColumns([String(row), String(step), action, status ?? '-', expected, what], widths))
}

function inColumns(
  cells: readonly [string, string, string, string, string, string],
  widths: PlanWidths,
): string {
  const [row, step, action, status, expected, user] = cells
  return [
    row.padStart(widths.row),
    step.padStart(stepWidth),
    action.padEnd(actionWidth),
    status.padEnd(statusWidth),
    expected.padEnd(expectedWidth),
    user,
  ].join('  ')
}

function longest(names: readonly string[]): number {
  return Math.max(...names.map((name) => name.length))
}

/** The totals of a plan, line by line, for the person who has to answer for it. */
export function describeTotals({ totals, requests }: PlanEnd, org: string): readonly string[] {
  const { control_totals: control, tasks, expected, actions, statuses, mails } = totals
  const upTo = expected.unknown > 0 ? 'up to ' : ''
  const counts = countsOf(expected)
  return [
    `Plan for ${org}: ${renderControlTotals(control)}; ${counted(tasks, 'task')}${counts === '' ? '' : `: ${counts}`}`,
    ...linesOf('by action', actions),
    ...linesOf('by status', statuses),
    `A run would send ${upTo}${counted(requests.lifecycle, 'lifecycle call')} and ${counted(requests.reads, 'read')}, for ${counted(totals.users, 'user')}.`,
    ...(requests.roles === undefined
      ? []
      : [
          `${requests.roles} of the reads look up the admin roles of single users (protect_admins) and count as lifecycle calls.`,
        ]),
    ...(totals.deactivated_users === 0
      ? []
      : [`It would deactivate ${upTo}${counted(totals.deactivated_users, 'user')}.`]),
    mails === 0 ? 'Okta would send no mail.' : `Okta would send ${upTo}${counted(mails, 'mail')}.`,
    ...(totals.directory_users === 0 ? [] : [describeDirectory(totals)]),
  ].map(visible)
}

function describeDirectory({ directory_users: users }: PlanTotals): string {
  const come = users === 1 ? 'comes' : 'come'
  return `${users} of these users ${come} from a directory (Active Directory, LDAP): its next import may undo what is done in Okta.`
}

/** A line for each name, if there are several. */
function linesOf(
  what: string,
  counts: Readonly<Partial<Record<string, Readonly<Record<Expectation, number>>>>>,
): readonly string[] {
  const lines = Object.entries(counts).flatMap(([name, of]) =>
    of === undefined ? [] : [`    ${name}: ${countsOf(of)}`],
  )
  return lines.length > 1 ? [`  ${what}:`, ...lines] : []
}

function countsOf(counts: Readonly<Record<Expectation, number>>): string {
  return expectations
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name]} ${name}`)
    .join(', ')
}

/** The end of a plan for a terminal, as lines that end with a line feed. */
export function renderPlanEnd(end: PlanEnd, time: PlanForecast | null, org: string): string {
  return ['', ...describeTotals(end, org), describeTime(time), 'Only reads were sent.', ''].join('\n')
}

/** How long a run would take, as sentences. */
export function describeTime(time: PlanForecast | null): string {
  if (time === null) return 'The duration is not known, because no limit was seen.'
  const { seconds, perMinute, lifecycleLimit } = time
  const rate = `It would take about ${renderDuration(seconds)} at ${Math.floor(perMinute)}/min.`
  if (lifecycleLimit === null) return `${rate} Okta showed no limit for lifecycle calls.`
  const { limit, allowance, windowSeconds } = lifecycleLimit
  return `${rate} Okta allows ${limit} lifecycle calls in ${windowSeconds} s; the run would use up to ${allowance} of them. Finding this out used one call (it listed one user).`
}
