import { createHash } from 'node:crypto'
import type { Job } from '../job/job.ts'

/** The SHA-256 of {@link jobText}, in hex. */
export function jobDigest(job: Job): string {
  return createHash('sha256').update(jobText(job)).digest('hex')
}

/**
 * A job as JSON with the keys of each object in the order of their names: the same text for a job that was just put
 * together and one that was read from `run.json`.
 */
export function jobText(job: Job): string {
  return JSON.stringify(job, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([some], [other]) => (some < other ? -1 : 1)))
      : inner,
  )
}
