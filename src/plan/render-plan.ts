import { forecast } from '../budget/forecast.ts'
import type { BucketReport } from '../budget/lane.ts'
import { counted } from '../messages/counted.ts'
import { renderDuration } from '../messages/duration.ts'
import { visible } from '../messages/shown.ts'
import { expectations, type PlanEnd, type PlannedTask, type PlanRequests } from './plan-schema.ts'

/** A planned task as one line for a person, without its line feed. The step is named where its row has several. */
export function renderPlannedTask(task: PlannedTask, stepsInRow: number): string {
  const { row, step, user, action, status, expected, reason } = task
  const place = stepsInRow > 1 ? `row ${row}, step ${step}` : `row ${row}`
  const from = status === null ? '' : ` (${status})`
  const why = reason === null ? '' : `: ${reason}`
  return visible(`${place}: ${action} ${user}${from} ${expected}${why}`)
}

/** How long a run takes, by the limits that were seen; null where none was. */
export interface PlanForecast {
  readonly seconds: number
  /** Requests a minute in the bucket that it waits for. */
  readonly perMinute: number
}

/** Reckons how long a run takes from what its buckets allow. Null where no bucket that it needs has shown a limit. */
export function forecastRun(requests: PlanRequests, buckets: readonly BucketReport[]): PlanForecast | null {
  let slowest: PlanForecast | null = null
  for (const bucket of buckets) {
    const count = requestsIn(bucket, requests)
    const found = count === 0 ? null : forecast(count, [{ bucket, perTask: 1 }])
    if (found !== null && found.seconds > (slowest?.seconds ?? 0)) slowest = found
  }
  return slowest
}

function requestsIn({ bucket }: BucketReport, { reads, lifecycle }: PlanRequests): number {
  if (bucket === '/api/v1/users') return lifecycle
  // The owner is read in a bucket of its own, once.
  return bucket === '/api/v1/users/{id}' ? reads - 1 : 0
}

/** What a plan adds up to, for a terminal: lines that end in a line feed. */
export function renderPlanEnd({ totals, requests }: PlanEnd, time: PlanForecast | null, org: string): string {
  const { rows, tasks, expected, actions, mails } = totals
  const counts = expectations.filter((name) => expected[name] > 0).map((name) => `${expected[name]} ${name}`)
  const byAction = Object.entries(actions).map(([action, of]) => {
    const parts = expectations.filter((name) => of[name] > 0).map((name) => `${of[name]} ${name}`)
    return `  ${action}: ${parts.join(', ')}`
  })
  const upTo = expected.unknown > 0 ? 'up to ' : ''
  return [
    '',
    `Plan for ${org}: ${counted(rows, 'row')}, ${counted(tasks, 'task')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...(byAction.length > 1 ? byAction : []),
    `A run would send ${upTo}${counted(requests.lifecycle, 'lifecycle call')} and ${counted(requests.reads, 'read')}.`,
    mails === 0 ? 'No mail would be sent by Okta.' : `Okta would send ${upTo}${counted(mails, 'mail')}.`,
    renderTime(time),
    'Nothing was sent but reads.',
    '',
  ]
    .map(visible)
    .join('\n')
}

function renderTime(time: PlanForecast | null): string {
  if (time === null) return 'How long it takes is not known: no limit was seen.'
  return `It would take about ${renderDuration(time.seconds)} at ${Math.floor(time.perMinute)}/min, by the limit of reads; that of lifecycle calls shows in the run.`
}
