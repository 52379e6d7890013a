import { z } from 'zod'
import { actionNames } from '../okta/actions.ts'
import { userStatuses } from '../okta/status.ts'

/** What a plan expects of a task: how it would end, or that only the run will tell. */
export const expectations = ['succeeded', 'unchanged', 'failed', 'skipped', 'unknown'] as const
export type Expectation = (typeof expectations)[number]

const count = z.int().min(0)
const byExpectation = z.record(z.enum(expectations), count)

const plannedTaskSchema = z.strictObject({
  row: z.int().min(1).describe('The row of the input, from 1.'),
  step: z.int().min(1).describe("From 1: the place of the action among the row's actions."),
  user: z.string().describe('The user key as the row gives it, trimmed.'),
  action: z.string().describe("An action's name; for an invalid row the text that was found."),
  status: z
    .enum(userStatuses)
    .nullable()
    .describe('The status that the task would meet, after the tasks before it; null where it is not known.'),
  expected: z.enum(expectations).describe('How the task would end; unknown: only the run tells.'),
  reason: z
    .string()
    .nullable()
    .describe('Why, in the words of the results; null where the call would be sent.'),
})

/** A task and what is expected of it. */
export type PlannedTask = Readonly<z.infer<typeof plannedTaskSchema>>

const totalsSchema = z.strictObject({
  rows: count.describe('Rows of the input.'),
  tasks: count.describe('Tasks of these rows; an invalid row counts as one.'),
  expected: byExpectation.describe('Tasks by what is expected of them.'),
  actions: z
    .partialRecord(z.enum([...actionNames, 'unknown']), byExpectation)
    .describe('The same by action; unknown: what an invalid row has in place of an action.'),
  mails: count.describe('Mails that Okta would send, at most.'),
})

/** What a plan adds up to. */
export type PlanTotals = Readonly<z.infer<typeof totalsSchema>>

const requestsSchema = z.strictObject({
  reads: count.describe("Reads of single users, the token's owner among them."),
  lifecycle: count.describe('Calls of the seven actions, at most.'),
})

/** The requests that a run would send if nothing has to be sent again. */
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
    totals: totalsSchema.describe('What the rows add up to.'),
    requests: requestsSchema.describe('What the run would send.'),
    seconds: z
      .number()
      .min(0)
      .nullable()
      .describe('How long the run would take by the limits that the plan has seen; null where it saw none.'),
    error: errorSchema
      .optional()
      .describe('Only where the plan was broken off: then the rows, and what they add up to, are not all.'),
  })
  .meta({
    title: 'The answer of plan --json of okta-lifecycle',
    description: 'What a run would do, row by row. Nothing was sent for it but reads.',
  })

/** What stands beside the rows in the answer of `plan --json`. */
export type PlanEnd = Readonly<Omit<z.infer<typeof planSchema>, 'rows'>>
