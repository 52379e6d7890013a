import { Refusal } from '../messages/known-error.ts'

/** Makes a run id that sorts by time and names its job. */
export function makeRunId(now: Date, jobName: string): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, '')
  return `${time}-${jobName}`
}

/**
 * Checks an id that the user chose, because it becomes the name of a directory.
 *
 * @throws KnownError when it can't be one
 */
export function checkRunId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(runId)) return runId
  throw new Refusal(
    `--run-id ${JSON.stringify(runId)} can't be a run id. It must have at most 128 letters, digits, dots, dashes and underscores, and begin with a letter or digit.`,
    'Choose another --run-id, or leave it out.',
  )
}
