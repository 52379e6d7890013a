import { KnownError } from '../messages/known-error.ts'

/** A run id: sorts by time and names its job. */
export function makeRunId(now: Date, jobName: string): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, '')
  return `${time}-${jobName}`
}

/**
 * Checks an id that the user chose: it becomes the name of a directory.
 *
 * @throws KnownError where it can't
 */
export function checkRunId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(runId)) return runId
  throw new KnownError(
    `--run-id ${JSON.stringify(runId)} can't name a run: letters, digits, dots, dashes and underscores were expected, at most 128, a letter or digit first.`,
    'Choose another --run-id, or leave it out.',
  )
}
