import type { BucketReport } from '../../budget/lane.ts'
import type { Outlook } from '../../journal/journal-event.ts'
import { renderDuration } from '../../messages/duration.ts'
import { lifecycleBucket } from '../../okta/bucket.ts'

/** What progress shows, at one moment. */
export interface Shown {
  readonly done: number
  readonly tasks: number
  /** Tasks by result. */
  readonly counts: ReadonlyMap<string, number>
  readonly outlook: Outlook
  readonly buckets: readonly BucketReport[]
}

const shownCounts = ['succeeded', 'unchanged', 'failed', 'skipped', 'in_doubt'] as const

/** Why a run waits, in words for people. */
const waitReasons = {
  refused: 'the rate limit lets nothing through',
  share_used: 'this run has used its share of the limit',
  others: 'the rest of the limit is left to other programs',
  unanswered: 'calls that got no answer may still be under way; then their users are looked up',
  mail: 'a call that sends mail is not repeated sooner',
  again: 'what failed for a passing reason is then tried again',
  in_transition: 'Okta is still changing users, and the run waits no longer than that',
} as const

/** The bar gives way to the numbers where there is little room. */
function barLengthFor(columns: number): number {
  if (columns >= 60) return 24
  return columns >= 48 ? 8 : 0
}

/** The lines of the block on a terminal, each cut to its width. */
export function blockOf(shown: Shown, columns: number): readonly string[] {
  const { done, tasks } = shown
  const barLength = barLengthFor(columns)
  const filled = tasks === 0 ? barLength : Math.floor((done / tasks) * barLength)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barLength - filled)}`
  const budget = budgetOf(shown.buckets)
  const lines = [
    [bar, progressOf(shown), etaOf(shown.outlook)].filter((part) => part !== '').join('  '),
    [...countsOf(shown), paceOf(shown.outlook)].join(', '),
    ...(budget === null ? [] : [budget]),
    ...waitOf(shown.outlook),
  ]
  return lines.map((line) => line.slice(0, Math.max(1, columns - 1)))
}

/** The same in one line, for a file or a pipe. */
export function lineOf(shown: Shown): string {
  const { outlook } = shown
  const parts = [progressOf(shown), ...countsOf(shown), paceOf(outlook), etaOf(outlook), ...waitOf(outlook)]
  return parts.filter((part) => part !== '').join(', ')
}

function progressOf({ done, tasks }: Shown): string {
  const percent = tasks === 0 ? 100 : Math.floor((done / tasks) * 100)
  return `${grouped(done)} of ${grouped(tasks)} tasks (${percent}%)`
}

function countsOf({ counts }: Shown): readonly string[] {
  return shownCounts.flatMap((name) => {
    const count = counts.get(name) ?? 0
    return count === 0 ? [] : [`${grouped(count)} ${name.replace('_', ' ')}`]
  })
}

function paceOf({ per_minute: perMinute, in_flight: inFlight }: Outlook): string {
  return `${grouped(perMinute)} a minute, ${inFlight} in flight`
}

/** Empty while nothing tells how long the rest takes, and at the end. */
export function etaOf({ eta_seconds: eta }: Pick<Outlook, 'eta_seconds'>): string {
  return eta === null || eta === 0 ? '' : `ETA ${renderDuration(eta)}`
}

/** The bucket of the lifecycle calls, which sets the pace. */
function budgetOf(buckets: readonly BucketReport[]): string | null {
  const found = buckets.find(({ bucket }) => bucket === lifecycleBucket)
  if (found === undefined) return null
  const { limit, allowance, leftNow } = found
  if (limit === null || allowance === null) return null
  const left = leftNow === null ? '' : `, ${grouped(leftNow)} left in this window`
  return `Limit of ${grouped(limit)} a window, ${grouped(allowance)} for this run${left}`
}

/** Why nothing is being sent, and until when, by Okta's clock. */
export function waitOf({ waiting }: Pick<Outlook, 'waiting'>): readonly string[] {
  if (waiting === null) return []
  const { bucket, why, until } = waiting
  return [
    `Waiting until ${until.slice(11, 19)} UTC: ${waitReasons[why]}${bucket === null ? '' : ` (${bucket})`}`,
  ]
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
