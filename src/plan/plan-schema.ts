import * as z from 'zod'
import { actionNames } from '../okta/actions.ts'
import { userStatuses } from '../okta/status.ts'
import { controlTotalsSchema } from '../rules/control-totals.ts'
import { expectations } from '../rules/expectation.ts'

const count = z.int().min(0)
const byExpectation = z.record(z.enum(expectations), count)

export const plannedTaskSchema = z.strictObject({
  row: z.int().min(1).describe('The row of the input, from 1.'),
  step: z.int().min(1).describe("From 1: the place of the action among the row's actions."),
  user: z.string().describe('The user key as the row gives it, trimmed.'),
  okta_login: z
    .string()
    .nullable()
    .describe('The login of the user that Okta finds by the key; null if no user was read.'),
  action: z.string().describe("An action's name; for a bad row the text in its place."),
  status: z
    .enum(userStatuses)
    .nullable()
    .describe(
      'The status of the user when the task would begin, after the tasks before it; null if not known.',
    ),
  expected: z.enum(expectations).describe('How the task would end; unknown: only the run will show it.'),
  reason: z.string().nullable().describe('Why, in the words of the results; null if the call would be sent.'),
})

/** A task and its expected end. */
export type PlannedTask = Readonly<z.infer<typeof plannedTaskSchema>>

export const totalsSchema = z.strictObject({
  rows: count.describe('Rows of the input.'),
  control_totals: controlTotalsSchema,
  tasks: count.describe('Tasks of these rows; a bad row counts as one.'),
  expected: byExpectation.describe('Tasks by their expected end.'),
  actions: z
    .partialRecord(z.enum([...actionNames, 'unknown']), byExpectation)
    .describe('The same by action; unknown: bad rows without a valid action.'),
  statuses: z
    .partialRecord(z.enum([...userStatuses, 'unknown']), byExpectation)
    .describe('The same by the status that the user has when the task would begin.'),
  users: count.describe('Distinct users to whom something would be sent.'),
  deactivated_users: count.describe('Distinct users whose deactivation would be sent.'),
  directory_users: count.describe(
    'How many of these users come from a directory, whose next import may undo what is done in Okta.',
  ),
  mails: count.describe('How many emails Okta would send at most.'),
})

/** The totals of a plan. */
export type PlanTotals = Readonly<z.infer<typeof totalsSchema>>

export const requestsSchema = z.strictObject({
  reads: count.describe("Reads of single users, the token's owner included, and the reads that guards need."),
  roles: count
    .optional()
    .describe(
      "How many of the reads look up one user's admin roles. Okta counts these as lifecycle calls. Absent if there are none.",
    ),
  lifecycle: count.describe('How many calls of the seven actions the run would send at most.'),
})

/** The requests that a run would send if nothing had to be repeated. */
export type PlanRequests = Readonly<z.infer<typeof requestsSchema>>

const errorSchema = z.strictObject({
  message: z.string().describe('What was wrong.'),
  next: z.string().describe('What to do about it.'),
  exit_code: count.describe("The process's exit status."),
})

/** The answer of `plan --json`. */
export const planSchema = z
  .strictObject({
    rows: z.array(plannedTaskSchema).describe('The tasks in the order of the input, then by step.'),
    totals: totalsSchema.describe('The totals of the rows.'),
    requests: requestsSchema.describe('What the run would send.'),
    seconds: z
      .number()
      .min(0)
      .nullable()
      .describe('How long the run would take, by the limits that the plan saw; null if it saw none.'),
    error: errorSchema
      .optional()
      .describe('Only if the plan stopped early: then rows and totals are incomplete.'),
  })
  .meta({
    title: 'The answer of plan --json of okta-lifecycle',
    description: 'What a run would do, row by row. Only reads were sent for it.',
  })

/** The answer of `plan --json` without its rows. */
export type PlanEnd = Readonly<Omit<z.infer<typeof planSchema>, 'rows'>>
