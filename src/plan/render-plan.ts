import { forecast } from '../budget/forecast.ts'
import type { BucketReport } from '../budget/lane.ts'
import { counted } from '../messages/counted.ts'
import { renderDuration } from '../messages/duration.ts'
import { visible } from '../messages/shown.ts'
import { renderControlTotals } from '../rules/control-totals.ts'
import { expectations, type PlanEnd, type PlannedTask, type PlanRequests } from './plan-schema.ts'

/** A planned task as one line for a person, without its line feed. Names the step if the row has several. */
export function renderPlannedTask(task: PlannedTask, stepsInRow: number): string {
  const { row, step, user, okta_login: login, action, status, expected, reason } = task
  const place = stepsInRow > 1 ? `row ${row}, step ${step}` : `row ${row}`
  const from = status === null ? '' : ` (${status})`
  const why = reason === null ? '' : `: ${reason}`
  return visible(
    `${place}: ${action} ${user}${login === null || login.toLowerCase() === user.toLowerCase() ? '' : ` = ${login}`}${from} ${expected}${why}`,
  )
}

/** How long a run takes, by the limits that were seen. */
export interface PlanForecast {
  readonly seconds: number
  /** Requests a minute in the slowest bucket. */
  readonly perMinute: number
}

/** Estimates how long a run takes, from what its buckets allow. Null if no bucket that it needs has shown a limit. */
export function forecastRun(requests: PlanRequests, buckets: readonly BucketReport[]): PlanForecast | null {
  let slowest: PlanForecast | null = null
  for (const bucket of buckets) {
    const count = requestsIn(bucket, requests)
    const found = count === 0 ? null : forecast(count, [{ bucket, perTask: 1 }])
    if (found !== null && found.seconds > (slowest?.seconds ?? 0)) slowest = found
  }
  return slowest
}

function requestsIn({ bucket }: BucketReport, { reads, roles = 0, lifecycle }: PlanRequests): number {
  if (bucket === '/api/v1/users') return lifecycle + roles
  // Minus the one read of the owner, which has its own bucket.
  return bucket === '/api/v1/users/{id}' ? reads - roles - 1 : 0
}

/** The totals of a plan for a terminal, as lines that end with a line feed. */
export function renderPlanEnd({ totals, requests }: PlanEnd, time: PlanForecast | null, org: string): string {
  const { control_totals: control, tasks, expected, actions, mails } = totals
  const counts = expectations.filter((name) => expected[name] > 0).map((name) => `${expected[name]} ${name}`)
  const byAction = Object.entries(actions).map(([action, of]) => {
    const parts = expectations.filter((name) => of[name] > 0).map((name) => `${of[name]} ${name}`)
    return `  ${action}: ${parts.join(', ')}`
  })
  const upTo = expected.unknown > 0 ? 'up to ' : ''
  return [
    '',
    `Plan for ${org}: ${renderControlTotals(control)}; ${counted(tasks, 'task')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...(byAction.length > 1 ? byAction : []),
    `A run would send ${upTo}${counted(requests.lifecycle, 'lifecycle call')} and ${counted(requests.reads, 'read')}.`,
    ...(requests.roles === undefined
      ? []
      : [
          `${requests.roles} of the reads look up the admin roles of single users (protect_admins) and count as lifecycle calls.`,
        ]),
    mails === 0 ? 'Okta would send no mail.' : `Okta would send ${upTo}${counted(mails, 'mail')}.`,
    renderTime(time, requests.roles !== undefined),
    'Only reads were sent.',
    '',
  ]
    .map(visible)
    .join('\n')
}

/** @param sawLifecycle whether the plan itself sent what counts as a lifecycle call, so that it has seen their limit */
function renderTime(time: PlanForecast | null, sawLifecycle: boolean): string {
  if (time === null) return 'The duration is not known, because no limit was seen.'
  const about = `It would take about ${renderDuration(time.seconds)} at ${Math.floor(time.perMinute)}/min`
  return sawLifecycle
    ? `${about}, by the limits of lifecycle calls and reads.`
    : `${about}, by the limit of reads. The limit of lifecycle calls shows only in the run.`
}
