/** How a task ended. `not_run`, which reports also say, is no result and is never journalled. */
export const resultNames = ['succeeded', 'unchanged', 'failed', 'skipped', 'in_doubt'] as const
export type ResultName = (typeof resultNames)[number]

/**
 * Why a task was skipped. `duplicate` and `only_status` are what the input or the job asked for; the others mean
 * that someone must look.
 */
export const skipReasons = [
  'duplicate',
  'only_status',
  'protected',
  'token_owner',
  'invalid_row',
  'earlier_step',
  'in_doubt',
] as const
export type SkipReason = (typeof skipReasons)[number]

/** The skips that leave a run a success. */
export const expectedSkips: ReadonlySet<SkipReason> = new Set(['duplicate', 'only_status'])

/**
 * How one task ended: a line of the journal and of the results, under the same names in both.
 * Empty fields are null. Times are RFC 3339 UTC with milliseconds, by this machine's clock.
 */
export interface TaskResult {
  readonly row: number
  /** From 1: the place of the action among the row's actions. */
  readonly step: number
  /** The user key as the row gives it, trimmed. */
  readonly user: string
  /** An action's name; for an invalid row the text that was found. */
  readonly action: string
  readonly result: ResultName
  /** Set for `skipped` alone. */
  readonly reason: SkipReason | null
  readonly status_before: string | null
  readonly status_after: string | null
  /** Of the last answer to an attempt of this task, or to the read that decided it. */
  readonly http_status: number | null
  readonly error_code: string | null
  readonly message: string
  /** HTTP requests that were sent to apply the action. */
  readonly attempts: number
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly okta_user_id: string | null
  readonly okta_login: string | null
  readonly okta_request_id: string | null
}
