import * as z from 'zod'

/** What a look at Okta after an accepted call showed: that it held, that it did not, or nothing certain. */
export const verifications = ['held', 'not_held', 'not_known'] as const
export type VerificationResult = (typeof verifications)[number]

/**
 * What is known of the activation link that a job asked for, if it is not where it should be: an accepted call made it,
 * or may have made it, and it is not in the file for links.
 */
const linkFates = ['lost'] as const
export type LinkFate = (typeof linkFates)[number]

/** How a task ended. Reports also say `not_run` and `unsettled`, which are not results and are never journalled. */
export const resultNames = ['succeeded', 'unchanged', 'failed', 'skipped', 'in_doubt'] as const
export type ResultName = (typeof resultNames)[number]

/**
 * Why a task was skipped. The input or the job asked for `duplicate`, `only_status`, `not_selected` and `not_due`; for
 * the others someone must look.
 */
export const skipReasons = [
  'duplicate',
  'only_status',
  'not_selected',
  'not_due',
  'other_login',
  'protected',
  'token_owner',
  'invalid_row',
  'earlier_step',
  'in_doubt',
  'superseded',
  'changed_since_plan',
  'changed_since_run',
] as const
export type SkipReason = (typeof skipReasons)[number]

/** Why a task failed without Okta having refused it: `other_user` if its row's key names somebody else by now. */
const failureReasons = ['other_user'] as const
export type Reason = SkipReason | (typeof failureReasons)[number]

/** A task by its place in the input. */
export interface TaskPlace {
  readonly row: number
  readonly step: number
}

/** The skips with which a run still ends with exit code 0. */
export const expectedSkips: ReadonlySet<SkipReason> = new Set([
  'duplicate',
  'only_status',
  'not_selected',
  'not_due',
])

const time = z.iso.datetime().nullable()
const text = z.string().nullable()

/**
 * How one task ended: a line of the journal and of the results, under the same names in both. Empty fields are null.
 * Times are RFC 3339 UTC with milliseconds, by Okta's clock.
 */
export const taskResultSchema = z.strictObject({
  row: z.int().min(1).describe('The row of the input, from 1.'),
  step: z.int().min(1).describe("From 1: the place of the action among the row's actions."),
  user: z.string().describe('The user key as the row gives it, trimmed.'),
  action: z.string().describe("An action's name; for a bad row the text in its place."),
  result: z.enum(resultNames).describe('How the task ended.'),
  reason: z
    .enum([...skipReasons, ...failureReasons])
    .nullable()
    .describe(
      'Why a task was skipped; other_user for one that failed because its user key names somebody else by now; null for every other result.',
    ),
  status_before: text.describe("The user's status in Okta before the action."),
  status_after: text.describe("The user's status in Okta after the action."),
  http_status: z
    .int()
    .min(100)
    .max(999)
    .nullable()
    .describe('HTTP status of the last answer to an attempt of this task, or to the read that decided it.'),
  error_code: text.describe("Okta's error code, such as E0000007."),
  message: z.string().describe('What happened, for a person.'),
  attempts: z.int().min(0).describe('HTTP requests that were sent to apply the action.'),
  started_at: time.describe('RFC 3339, UTC.'),
  finished_at: time.describe('RFC 3339, UTC.'),
  okta_user_id: text.describe("The user's id in Okta."),
  okta_login: text.describe("The user's login in Okta."),
  okta_request_id: text.describe("Okta's id of the last request, for its support."),
  verified: z
    .enum(verifications)
    .optional()
    .describe(
      'Whether the accepted call held, according to what Okta showed afterwards; absent if it was not verified.',
    ),
  activation_link: z
    .enum(linkFates)
    .optional()
    .describe(
      'lost: the action was applied, and the activation link that the job asked for is not in its file, so that the user may have no way in; absent otherwise.',
    ),
})

/** How one task ended, see {@link taskResultSchema}. */
export type TaskResult = Readonly<z.infer<typeof taskResultSchema>>
