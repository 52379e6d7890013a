import * as z from 'zod'
import { taskResultSchema } from '../rules/result.ts'
import { resultColumns } from './columns.ts'
import { reportedResults } from './report-row.ts'

const fields = {
  ...taskResultSchema.shape,
  result: z
    .enum(reportedResults)
    .describe(
      'How the task ended; not_run: the run stopped first; unsettled: it was sent, and its outcome is not known yet.',
    ),
  due_at: z.iso
    .datetime()
    .nullable()
    .describe('When the row was due, RFC 3339, UTC; null without input.due.'),
  lag_seconds: z
    .number()
    .nullable()
    .describe('Seconds from due_at to finished_at of a task that succeeded; null for others.'),
}

/** A line of `results.jsonl`: how a task ended, then the input's own columns with any JSON value. */
export const resultsLineSchema = z
  .looseObject(Object.fromEntries(resultColumns.map((column) => [column, fields[column]])))
  .meta({
    title: 'A line of results.jsonl of okta-lifecycle',
    description:
      "How one task ended. The input's own columns follow under their own names, with input_ before a name that is taken.",
  })
