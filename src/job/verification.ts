import * as z from 'zod'
import { duration } from './duration-value.ts'
import { describeFound } from './explain-issue.ts'

/** Whether a job's actions are verified, as the job file says. */
export const verification = z.union([z.boolean(), z.strictObject({ for: duration })], {
  error: ({ input }) =>
    `true, false, or { for } with a duration such as 60s was expected, but ${typeof input === 'object' && input !== null ? JSON.stringify(input) : describeFound(input)} was found`,
})

/** Which calls are verified, and how long to wait for a user in transition. */
export const resolvedVerification = z
  .strictObject({
    /** Which of the rows' last actions are verified: all of them, only a deactivate, or none. */
    actions: z.enum(['all', 'deactivate', 'none']),
    for_seconds: z.number().positive(),
  })
  .readonly()

/** See {@link resolvedVerification}. */
export type Verification = z.infer<typeof resolvedVerification>

/** The values if the job file says nothing. */
export const verificationDefaults: Verification = { actions: 'deactivate', for_seconds: 60 }

/**
 * Fills in what a job file leaves open. If a job turns reads off and does not mention `verify`, no call is verified,
 * because verifying is a read.
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
