import type { Database, Row } from './database.ts'
import { leaveCopiedSchedules } from './postgres-restored.ts'
import { numberOf, textOf, timeOf } from './row.ts'
import { type KeptSchedule, scheduleId, seenToWithinMs, tryAgainAfterMs } from './schedule.ts'
import { isOriginal, signatureOf } from './schema.ts'
import type { ScheduleTable } from './tables.ts'

const signed = `signature = ${signatureOf('schedule')}`
const original = isOriginal('schedule')

/** The jobs that are submitted again and again. */
export function postgresSchedules({ query }: Database): ScheduleTable {
  return {
    keep: async (schedule) => {
      const { job, orgUrl, pattern, timeZone, arguments: given } = schedule
      for (let isKept = false; !isKept; ) {
        await leaveCopiedSchedules(query)
        const kept = await query(
          `INSERT INTO okta_lifecycle.schedule AS kept (id, job, org_url, pattern, time_zone, arguments, signature)
           VALUES ($1, $2, $3, $4, $5, $6, ${signatureOf('schedule')})
           ON CONFLICT (id) DO UPDATE
             SET pattern = $4, time_zone = $5, arguments = $6, since = clock_timestamp(), ${signed}
             WHERE ${isOriginal('kept')} RETURNING 1`,
          [scheduleId(schedule), job, orgUrl, pattern, timeZone, JSON.stringify(given)],
        )
        // Else a row was put back in between.
        isKept = kept.length > 0
      }
    },
    remove: async (id) =>
      (await query('DELETE FROM okta_lifecycle.schedule WHERE id = $1 RETURNING 1', [id])).length > 0,
    all: async () =>
      (await query('SELECT * FROM okta_lifecycle.schedule ORDER BY job, org_url')).map(scheduleOf),
    now: async () => {
      // Rounded down: what is due now has come.
      const [row] = await query('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at')
      return numberOf(row ?? {}, 'at')
    },
    noteDue: async (id, at) => {
      const [due] = await query('SELECT $1::timestamptz <= clock_timestamp() AS has_come', [at])
      if (due?.has_come !== true) return false
      await leaveCopiedSchedules(query)
      await query(
        `UPDATE okta_lifecycle.schedule SET due_at = $2, ${signed}
          WHERE id = $1 AND ${original} AND coalesce(due_at, '-infinity') < $2 AND coalesce(last_due, '-infinity') < $2`,
        [id, at],
      )
      return true
    },
    takeDue: async (orgs) => {
      await leaveCopiedSchedules(query)
      const [row] = await query(
        `UPDATE okta_lifecycle.schedule
            SET taking = taking + 1, taken_until = clock_timestamp() + $2 * interval '1 ms', ${signed}
          WHERE id = (SELECT id FROM okta_lifecycle.schedule
                       WHERE due_at IS NOT NULL AND org_url = ANY($1) AND ${original}
                         AND (taken_until IS NULL OR taken_until < clock_timestamp())
                       ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
          RETURNING *`,
        [orgs, seenToWithinMs],
      )
      if (row === undefined || !(row.due_at instanceof Date)) return null
      return { ...scheduleOf(row), id: textOf(row, 'id') ?? '', at: row.due_at, taking: Number(row.taking) }
    },
    noteLastTime: async ({ id, at, taking }, { run, error }, again) => {
      await query(
        `UPDATE okta_lifecycle.schedule
            SET last_due = $2, last_run = $3, last_error = $4,
                due_at = CASE WHEN $5 OR due_at > $2 THEN due_at END,
                taken_until = CASE WHEN $5 THEN clock_timestamp() + $6 * interval '1 ms' END, ${signed}
          WHERE id = $1 AND taking = $7 AND ${original} AND coalesce(last_due, '-infinity') <= $2`,
        [id, at, run, error, again, tryAgainAfterMs, taking],
      )
    },
    keepTaken: async ({ id, taking }) => {
      await query(
        `UPDATE okta_lifecycle.schedule SET taken_until = clock_timestamp() + $2 * interval '1 ms', ${signed}
          WHERE id = $1 AND taking = $3 AND ${original} AND taken_until IS NOT NULL`,
        [id, seenToWithinMs, taking],
      )
    },
    giveBack: async ({ id, taking }) => {
      await query(
        `UPDATE okta_lifecycle.schedule SET taken_until = NULL, ${signed}
          WHERE id = $1 AND taking = $2 AND ${original}`,
        [id, taking],
      )
    },
  }
}

function scheduleOf(row: Row): KeptSchedule {
  const given = row.arguments
  return {
    job: textOf(row, 'job') ?? '',
    orgUrl: textOf(row, 'org_url') ?? '',
    pattern: textOf(row, 'pattern') ?? '',
    timeZone: textOf(row, 'time_zone') ?? '',
    arguments: typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {},
    since: timeOf(row, 'since'),
    last: {
      due: row.last_due instanceof Date ? row.last_due.toISOString() : null,
      run: textOf(row, 'last_run'),
      error: textOf(row, 'last_error'),
    },
  }
}
