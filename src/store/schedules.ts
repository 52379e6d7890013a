import { createHash } from 'node:crypto'
import type { Database, Row } from './database.ts'
import { textOf } from './row.ts'

/** A job that is submitted again and again. */
export interface Schedule {
  readonly job: string
  readonly orgUrl: string
  /** When, as cron writes it. */
  readonly pattern: string
  /** An IANA time zone, in which the pattern is meant. */
  readonly timeZone: string
  /** What `submit` is given each time. */
  readonly arguments: Readonly<Record<string, unknown>>
}

/** What became of a schedule when it was last due. */
export interface LastTime {
  /** RFC 3339; null if it was never due. */
  readonly due: string | null
  /** The run that was submitted; null if there is none. */
  readonly run: string | null
  /** Why none was submitted; null if one was. */
  readonly error: string | null
}

/** The id of the schedule of a job in an org: there is one at most. */
export function scheduleId({ job, orgUrl }: Pick<Schedule, 'job' | 'orgUrl'>): string {
  return createHash('sha256')
    .update(JSON.stringify([orgUrl, job]))
    .digest('hex')
    .slice(0, 32)
}

/** Keeps a schedule in place of an earlier one of the job. Throws the driver's error. */
export async function keepSchedule({ query }: Database, schedule: Schedule): Promise<void> {
  await query(
    `INSERT INTO okta_lifecycle.schedule (id, job, org_url, pattern, time_zone, arguments) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET pattern = $4, time_zone = $5, arguments = $6`,
    [
      scheduleId(schedule),
      schedule.job,
      schedule.orgUrl,
      schedule.pattern,
      schedule.timeZone,
      JSON.stringify(schedule.arguments),
    ],
  )
}

/** Removes a schedule. Returns whether there was one. */
export async function removeSchedule({ query }: Database, id: string): Promise<boolean> {
  return (await query('DELETE FROM okta_lifecycle.schedule WHERE id = $1 RETURNING 1', [id])).length > 0
}

/** All schedules, with what became of the last time. */
export async function readSchedules({
  query,
}: Database): Promise<readonly (Schedule & { last: LastTime })[]> {
  return (await query('SELECT * FROM okta_lifecycle.schedule ORDER BY job, org_url')).map(scheduleOf)
}

/** Notes that a schedule is due. To note it twice does no harm. */
export async function noteDue({ query }: Database, id: string, at: Date): Promise<void> {
  await query(
    `UPDATE okta_lifecycle.schedule SET due_at = $2
      WHERE id = $1 AND coalesce(due_at, '-infinity') < $2 AND coalesce(last_due, '-infinity') < $2`,
    [id, at],
  )
}

/** A schedule that a worker sees to. */
export interface DueSchedule extends Schedule {
  readonly id: string
  readonly at: Date
}

/**
 * Takes a schedule that is due. It is left to others again if what became of it is not noted in time.
 *
 * @param orgs the URLs of the orgs that the worker has credentials for
 */
export async function takeDue({ query }: Database, orgs: readonly string[]): Promise<DueSchedule | null> {
  const [row] = await query(
    `UPDATE okta_lifecycle.schedule SET taken_until = clock_timestamp() + interval '5 minutes'
      WHERE id = (SELECT id FROM okta_lifecycle.schedule
                   WHERE due_at IS NOT NULL AND org_url = ANY($1)
                     AND (taken_until IS NULL OR taken_until < clock_timestamp())
                   ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING *`,
    [orgs],
  )
  if (row === undefined || !(row.due_at instanceof Date)) return null
  return { ...scheduleOf(row), id: textOf(row, 'id') ?? '', at: row.due_at }
}

/**
 * Notes what became of a schedule when it was due.
 *
 * @param again whether it is tried again, once others may take it
 */
export async function noteLastTime(
  { query }: Database,
  { id, at }: Pick<DueSchedule, 'id' | 'at'>,
  { run, error }: Pick<LastTime, 'run' | 'error'>,
  again: boolean,
): Promise<void> {
  await query(
    `UPDATE okta_lifecycle.schedule
        SET last_due = $2, last_run = $3, last_error = $4,
            due_at = CASE WHEN $5 OR due_at > $2 THEN due_at END,
            taken_until = CASE WHEN $5 THEN taken_until END
      WHERE id = $1`,
    [id, at, run, error, again],
  )
}

/** Leaves a schedule that is due to other workers at once. */
export async function giveBackDue({ query }: Database, { id }: Pick<DueSchedule, 'id'>): Promise<void> {
  await query('UPDATE okta_lifecycle.schedule SET taken_until = NULL WHERE id = $1', [id])
}

function scheduleOf(row: Row): Schedule & { last: LastTime } {
  const given = row.arguments
  return {
    job: textOf(row, 'job') ?? '',
    orgUrl: textOf(row, 'org_url') ?? '',
    pattern: textOf(row, 'pattern') ?? '',
    timeZone: textOf(row, 'time_zone') ?? '',
    arguments: typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {},
    last: {
      due: row.last_due instanceof Date ? row.last_due.toISOString() : null,
      run: textOf(row, 'last_run'),
      error: textOf(row, 'last_error'),
    },
  }
}
