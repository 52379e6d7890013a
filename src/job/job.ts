import { z } from 'zod'
import { inputFormats } from '../input/row.ts'
import { actionNames } from '../okta/actions.ts'
import { userStatuses } from '../okta/status.ts'

const action = z.enum(actionNames)

const input = z.strictObject({
  file: z.string().min(1).optional().describe('The input, relative to the job file.'),
  format: z.enum(inputFormats).optional().describe('Else told by the extension of the file.'),
  user_column: z.string().min(1).optional().describe('The column that holds ids or logins.'),
  action_column: z.string().min(1).optional().describe("The column that holds each row's action."),
})

const options = z.strictObject({
  send_email: z
    .boolean()
    .optional()
    .describe(
      "Whether Okta sends mail on activate, reactivate and deactivate; else Okta's own default. A row's send_email wins.",
    ),
  respond_async: z
    .boolean()
    .optional()
    .describe('Ask Okta to deactivate in the background (Prefer: respond-async).'),
  in_doubt: z
    .enum(['keep', 'retry'])
    .optional()
    .describe('What becomes of a reactivate that nothing can settle: kept in doubt, or sent again.'),
})

const pace = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('The part of the rate limit that the run may take. Default 0.5.'),
  concurrency: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Requests under way at once, at most. Default 10.'),
})

const guards = z.strictObject({
  max_users: z
    .int()
    .min(1)
    .optional()
    .describe('Stop before the first call if the input names more distinct users.'),
  protect: z
    .array(z.string().min(1))
    .optional()
    .describe('Ids, logins, or login patterns with * that are never acted on.'),
  only_status: z
    .array(z.enum(userStatuses))
    .min(1)
    .optional()
    .describe('Users in any other status are skipped.'),
})

/** The job file: what to do, to which input, how carefully. Unknown keys are errors. */
export const jobSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors only.'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i, 'letters, digits, - and _, at most 63')
    .describe('Names the run directory.'),
  description: z.string().optional(),
  input: input.optional(),
  action: action.optional().describe('For rows that name none. Not together with steps.'),
  steps: z
    .array(action)
    .min(1)
    .optional()
    .describe('Several actions per user, in order. Not together with action.'),
  order: z.literal('user').optional().describe('user: finish one user, then the next.'),
  options: options.optional(),
  pace: pace.optional(),
  guards: guards.optional(),
  read_first: z.boolean().optional().describe('Read each user before acting. Default true.'),
})

/** A job as its file gives it. */
export type JobFile = z.infer<typeof jobSchema>

/**
 * A job with nothing left open: flags, job file and defaults merged. It is what a run works by and what `run.json`
 * keeps, in the words of the job file.
 */
export interface Job {
  readonly name: string
  readonly description: string | null
  readonly input: {
    readonly format: (typeof inputFormats)[number]
    readonly user_column: string | null
    readonly action_column: string | null
  }
  readonly action: (typeof actionNames)[number] | null
  readonly steps: readonly (typeof actionNames)[number][] | null
  readonly order: 'user'
  readonly options: {
    /** null: Okta's own default of each action. */
    readonly send_email: boolean | null
    readonly respond_async: boolean
    readonly in_doubt: 'keep' | 'retry'
  }
  readonly pace: { readonly share: number; readonly concurrency: number }
  readonly guards: {
    readonly max_users: number | null
    readonly protect: readonly string[]
    readonly only_status: readonly (typeof userStatuses)[number][] | null
  }
  readonly read_first: boolean
  /** Rows that can't be acted on are skipped and reported, in place of stopping before the first call. */
  readonly skip_invalid: boolean
}
