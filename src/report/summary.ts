import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readRegular } from '../files/read-regular.ts'
import { replaceFile } from '../files/replacing-file.ts'
import { readHead } from '../journal/head-file.ts'
import type { RecordedHead } from '../journal/journal-check.ts'
import { chainStart } from '../journal/journal-line.ts'
import { placeOfReport, placeOfRun } from '../messages/store-place.ts'
import { actionNames } from '../okta/actions.ts'
import { controlTotalsSchema } from '../rules/control-totals.ts'
import { skipReasons, verifications } from '../rules/result.ts'
import { journalPath } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import { peopleSchema } from './people.ts'
import { reportedResults } from './report-row.ts'

const count = z.int().min(0)
const time = z.iso.datetime()
const resultCounts = z.record(z.enum(reportedResults), count)

const requests = z
  .strictObject({
    total: count,
    reads: count.describe(
      'Reads of single users, which have their own budget, and the reads that guards need.',
    ),
    roles: count
      .optional()
      .describe(
        "How many of the reads looked up one user's admin roles. Okta counts these as lifecycle calls. Absent if there were none.",
      ),
    lifecycle: count.describe('Calls of the seven actions.'),
    by_http_status: z
      .record(z.string(), count)
      .describe('Requests by HTTP status; `none` counts those without an answer.'),
  })
  .describe('HTTP requests of all executions.')

const lag = z
  .strictObject({
    tasks: count.describe('Tasks that had a due time and have been applied.'),
    median_seconds: z.number().describe('The middle one of the sorted lags; of two, the lower one.'),
    p95_seconds: z.number().describe('The 95th percentile: 95 of 100 tasks had this lag or less.'),
    worst_seconds: z.number(),
    bound_seconds: z.number().nullable().describe("The job's input.due.max_lag; null if it sets none."),
    over_bound: count.describe('Tasks over the bound.'),
    worst_over_bound: z
      .array(
        z.strictObject({
          row: z.int().min(1),
          step: z.int().min(1),
          user: z.string().describe('The user key as the row gives it.'),
          okta_login: z
            .string()
            .nullable()
            .optional()
            .describe("The user's login in Okta; null if it is not known. Absent in older summaries."),
          lag_seconds: z.number(),
        }),
      )
      .describe('The worst of them, at most 20.'),
  })
  .describe('How long after their due times tasks were confirmed; null if none had one.')

const bucket = z.strictObject({
  bucket: z.string().describe('The rate-limit bucket, named by the path that Okta counts.'),
  limit: count
    .nullable()
    .describe("Requests per window, according to Okta's headers; null if they were absent."),
  share: z.number().min(0).max(1).describe('The fraction of the limit that the run could use.'),
  used: count.describe('Requests of this run that counted in the bucket.'),
})

const journal = z
  .strictObject({
    lines: z.int().min(1),
    bytes: z.int().min(1),
    chain: z.string().describe('The value of `chain` in the last of these lines.'),
  })
  .describe(
    'How far journal.ndjson was at this stop. It may have grown since; verify-journal compares. Absent in summaries of version 0.1.0.',
  )

const files = z
  .strictObject({
    directory: z.string().describe('The run directory; for a run that is kept in a store, its address.'),
    results_csv: z.string(),
    results_jsonl: z.string(),
    failed_csv: z.string(),
    report_html: z.string().optional(),
  })
  .describe(
    'The paths of the reports; relative if the run directory was given as a relative path. Bare names for a run that is kept in a store.',
  )

/** The content of `summary.json`. */
export const summarySchema = z
  .strictObject({
    run_id: z.string(),
    retry_of: z.string().nullable().describe('The run that this one retries; null if it is not a retry.'),
    undo_of: z
      .string()
      .nullable()
      .default(null)
      .describe('The run that this one takes back; null if it is not an undo.'),
    earlier_runs: z
      .array(z.string())
      .optional()
      .describe(
        'The run that this one retries or takes back and all runs before it, the first one first; absent if it goes on from none, and in older summaries.',
      ),
    not_undone: z
      .array(z.string())
      .optional()
      .describe('For an undo: what the other run did that the undo does not take back, in sentences.'),
    job: z.string().describe('The name of the job.'),
    org: z.string().describe("The org's URL."),
    state: z
      .enum(['finished', 'stopped', 'interrupted'])
      .describe(
        'stopped: by a guard, by failures, or because Okta refused; interrupted: by a signal, or because nobody read its output any more.',
      ),
    reason: z.string().nullable().describe('Why the run did not finish; null if it did.'),
    next: z.string().describe('What to do next, with the command to type.'),
    exit_code: count.describe("The process's exit status."),
    headline: z.string().optional().describe('The run in one line of words, counted by people.'),
    started_at: time.describe('Start of the first execution (RFC 3339, UTC).'),
    finished_at: time.describe('End of the last execution (RFC 3339, UTC).'),
    duration_seconds: z.number().min(0).describe('Seconds at work, all executions together.'),
    executions: z.int().min(1).describe('How often the run was started or resumed.'),
    rows: count,
    control_totals: controlTotalsSchema.optional(),
    people: peopleSchema.optional(),
    tasks: count,
    results: resultCounts.describe('Tasks by result.'),
    excused: count
      .default(0)
      .describe('Failed tasks whose step says go_on, in rows whose last step succeeded or was unchanged.'),
    rows_to_feed: count.optional().describe('Rows in failed.csv. Absent in older summaries.'),
    actions: z
      .partialRecord(z.enum([...actionNames, 'unknown']), resultCounts)
      .describe('Tasks by action and result; unknown: bad rows without a valid action.'),
    skipped: z.record(z.enum(skipReasons), count).describe('Skipped tasks by reason.'),
    verified: z
      .record(z.enum(verifications), count)
      .optional()
      .describe(
        'Verified tasks (verify) by what Okta showed after it had accepted the call; not_known: still in transition, or the question could not be answered. Absent if no task was verified.',
      ),
    lost_links: count
      .optional()
      .describe(
        'Applied tasks whose activation link, which the job asked for, is not in its file; reactivate makes a new one. Absent if there are none.',
      ),
    lag: lag.nullable().optional(),
    next_due_at: time
      .nullable()
      .optional()
      .describe(
        'When the first of the rows that were not due becomes due (RFC 3339, UTC); null if there are none. Absent in older summaries.',
      ),
    requests,
    retries: z.record(z.string(), count).describe('Requests sent again, by cause.'),
    budget: z.array(bucket).describe('The use of each rate limit.'),
    journal: journal.optional(),
    files,
  })
  .meta({ title: 'summary.json of okta-lifecycle', description: 'The counts and timings of a run.' })

/** The content of `summary.json`: the counts and timings of a run. */
export type Summary = z.infer<typeof summarySchema>

/**
 * The paths of the reports in a run directory, for {@link Summary}. A run of a store has none: `report --out` writes its
 * files to any directory.
 */
export function summaryFiles(directory: string): Summary['files'] {
  return {
    directory: placeOfRun(directory),
    results_csv: placeOfReport(directory, 'results.csv'),
    results_jsonl: placeOfReport(directory, 'results.jsonl'),
    failed_csv: placeOfReport(directory, 'failed.csv'),
    report_html: placeOfReport(directory, 'report.html'),
  }
}

/** Writes `summary.json` into the directory, whole or not at all, mode 0600. Throws a KnownError if it can't. */
export async function writeSummary(directory: string, summary: Summary): Promise<void> {
  await replaceFile(join(directory, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
}

/**
 * Reads the summary of a run; null if it is missing or can't be understood, or if it is from before the run was finished,
 * as one that was put back.
 */
export async function readSummaryOf(
  directory: string,
  { run_id: runId, state, closed_from: from }: Pick<RunFile, 'run_id' | 'state' | 'closed_from'>,
): Promise<Summary | null> {
  const summary = await readSummary(directory)
  const isFinished = state === 'finished' || (state === 'closed' && from === 'finished')
  if (summary === null || summary.run_id !== runId) return null
  return isFinished && summary.state !== 'finished' ? null : summary
}

/** Reads `summary.json` of a directory; null if it is missing or can't be understood. */
async function readSummary(directory: string): Promise<Summary | null> {
  try {
    const text = await readRegular(join(directory, 'summary.json'))
    const parsed = summarySchema.safeParse(withAllReasons(JSON.parse(text)))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** An older summary lacks the reasons that were added since. */
function withAllReasons(summary: { readonly skipped?: unknown }): unknown {
  const none = Object.fromEntries(skipReasons.map((reason) => [reason, 0]))
  return { ...summary, skipped: { ...none, ...(summary.skipped as object) } }
}

/**
 * How far the journal of a directory was on disk, by `summary.json` of the last stop or by what is kept beside the
 * journal while a process is at work, whichever is further; null if neither says. Where the latter is damaged or missing, it
 * may have been further than the former says. To be read before the journal, which may grow meanwhile.
 */
export async function readRecordedHead(directory: string): Promise<RecordedHead | null> {
  const summary = await readSummary(directory)
  const atWork = await readHead(journalPath(directory))
  const isLost = atWork === 'damaged' || atWork === 'missing'
  const heads = [summary?.journal ?? null, isLost ? null : atWork].filter((head) => head !== null)
  const [furthest] = heads.toSorted((some, other) => other.bytes - some.bytes)
  if (furthest === undefined && !isLost && summary === null) return null
  return {
    ...(furthest ?? { lines: 0, bytes: 0, chain: chainStart }),
    ...(isLost ? { orFurther: atWork } : {}),
    ...(summary === null ? {} : { toldIn: summary.state }),
  }
}

/** Removes `summary.json`, because what it records about a journal is not true of a part of that journal. */
export async function forgetSummary(directory: string): Promise<void> {
  await rm(join(directory, 'summary.json'), { force: true })
}
