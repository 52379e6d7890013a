import { createHash } from 'node:crypto'
import type { Job } from '../job/job.ts'

/** The SHA-256 of a job, in hex: the same for a job that was just put together and one that was read from `run.json`. */
export function jobDigest(job: Job): string {
  return createHash('sha256').update(sortedJson(job)).digest('hex')
}

/** JSON with the keys of each object in the order of their names. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([some], [other]) => (some < other ? -1 : 1)))
      : inner,
  )
}
