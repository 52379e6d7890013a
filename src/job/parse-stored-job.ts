import { KnownError, Refusal } from '../messages/known-error.ts'
import { explainIssue } from './explain-issue.ts'
import { type Job, resolvedJobSchema } from './job.ts'
import { findConflicts, showPath } from './job-rules.ts'

/**
 * Checks the job that `run.json` keeps, already parsed from JSON. Throws a {@link KnownError} that names every key
 * that is not as this version writes it.
 */
export function parseStoredJob(value: unknown): Job {
  const parsed = resolvedJobSchema.safeParse(value, { error: explainIssue })
  const problems = parsed.success ? findConflicts(parsed.data) : parsed.error.issues
  if (parsed.success && problems.length === 0) return parsed.data
  const listed = problems.map(({ path, message }) => `${showPath(['job', ...path])}: ${message}`)
  throw new Refusal(
    `run.json contains no job that this version can go on with:\n${listed.join('\n')}`,
    'Restore run.json as it was written, or use the version of okta-lifecycle that run.json names.',
  )
}
