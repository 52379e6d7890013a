import * as z from 'zod'
import { duration } from './duration-value.ts'
import { describeFound } from './explain-issue.ts'

/** Whether a job's actions are verified, as the job file says it. */
export const verification = z.union([z.boolean(), z.strictObject({ for: duration })], {
  error: ({ input }) =>
    `true, false, or { for } with a duration such as 60s was expected, ${typeof input === 'object' && input !== null ? JSON.stringify(input) : describeFound(input)} was found`,
})

/** Whose calls are verified, and for how long a user in transition is waited for. */
export const resolvedVerification = z
  .strictObject({
    /** Verified are the last actions of rows: all of them, only a deactivate, or none. */
    actions: z.enum(['all', 'deactivate', 'none']),
    for_seconds: z.number().positive(),
  })
  .readonly()

/** See {@link resolvedVerification}. */
export type Verification = z.infer<typeof resolvedVerification>

/** What holds where the job file says nothing. */
export const verificationDefaults: Verification = { actions: 'deactivate', for_seconds: 60 }

/**
 * Settles what a job file says. A job that turns reads off and says nothing of `verify` has no call verified, because
 * that is a read.
 */
export function mergeVerification(
  given: z.infer<typeof verification> | undefined,
  readsUsers: boolean,
): Verification {
  const { for_seconds } = verificationDefaults
  if (given === undefined) return readsUsers ? verificationDefaults : { actions: 'none', for_seconds }
  if (typeof given === 'boolean') return { actions: given ? 'all' : 'none', for_seconds }
  return { actions: 'all', for_seconds: given.for }
}
