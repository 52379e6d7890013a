import * as z from 'zod'
import type { Summary } from '../report/summary.ts'

const count = z.int().min(0)

/** At most this many tasks are listed. */
export const mostNamed = 100

/** A task that somebody must look at. */
const problem = z.strictObject({
  row: z.int().min(1),
  step: z.int().min(1),
  user: z.string().describe('The user as the row names it.'),
  action: z.string(),
  result: z.string(),
  message: z.string(),
})

/** See {@link problem}. */
export type Problem = z.infer<typeof problem>

/** What the web address gets after an execution, as the body of a POST. */
export const notificationSchema = z
  .strictObject({
    text: z.string().describe('How the execution ended, in a few sentences for a chat to show.'),
    format: z.literal(1),
    run_id: z.string(),
    retry_of: z.string().nullable(),
    undo_of: z.string().nullable(),
    job: z.string(),
    org: z.string().describe("The org's URL."),
    state: z.string().describe('finished, stopped or interrupted, as in summary.json.'),
    reason: z
      .string()
      .nullable()
      .describe('Why the run did not finish, only if the job says notify.people; null if it did.'),
    next: z.string().describe('What to do next, with the command to type.'),
    exit_code: count,
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime(),
    rows: count,
    tasks: count,
    results: z.record(z.string(), count).describe('Tasks by result.'),
    lost_links: count.describe('Applied tasks whose activation link is lost.'),
    journal: z
      .strictObject({ lines: count, bytes: count, chain: z.string() })
      .nullable()
      .describe(
        'How far journal.ndjson was written, and the value of `chain` in its last line then. If this is kept elsewhere, it shows later whether the journal was changed (verify-journal).',
      ),
    version: z.string().describe('The version of okta-lifecycle.'),
    problems: z
      .array(problem)
      .optional()
      .describe(
        `Tasks that somebody must look at, at most ${mostNamed}; only if the job says notify.people.`,
      ),
  })
  .meta({
    title: 'Notification of okta-lifecycle',
    description: 'How an execution has ended. No personal data, unless the job asks for it.',
  })

/** See {@link notificationSchema}. */
export type RunNotification = z.infer<typeof notificationSchema>

/**
 * The notification of an execution that has ended.
 *
 * @param problems null unless the job says that people are named
 * @param look the command that shows the run
 */
export function notificationOf(
  summary: Summary,
  version: string,
  problems: readonly Problem[] | null,
  look: string,
): RunNotification {
  const { run_id, retry_of, undo_of, job, org, state, exit_code, rows, tasks } = summary
  // Reasons and advice are sentences in which the job or Okta may name somebody.
  const isNamed = problems !== null
  const reason = isNamed ? summary.reason : null
  const next = isNamed ? summary.next : look
  return {
    text: textOf(summary, reason, next),
    format: 1,
    run_id,
    retry_of,
    undo_of,
    job,
    org,
    state,
    reason,
    next,
    exit_code,
    started_at: summary.started_at,
    finished_at: summary.finished_at,
    rows,
    tasks,
    results: summary.results,
    lost_links: summary.lost_links ?? 0,
    journal: summary.journal ?? null,
    version,
    ...(problems === null ? {} : { problems: problems.slice(0, mostNamed) }),
  }
}

/** `nightly in https://example.okta.com: finished with exit status 1. 2 of 3 people are suspended. 1 needs you.` */
function textOf(
  { job, org, state, exit_code, headline }: Summary,
  reason: string | null,
  next: string,
): string {
  const sentences = [
    `okta-lifecycle: ${job} in ${org} ${state} with exit status ${exit_code}.`,
    reason,
    headline,
  ]
  return `${sentences.filter((sentence) => sentence != null).join(' ')} Next: ${next}`
}
