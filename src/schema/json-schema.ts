import * as z from 'zod'
import { manifestSchema } from '../evidence/manifest.ts'
import { jobSchema } from '../job/job.ts'
import { notificationSchema } from '../notify/notification.ts'
import { planSchema } from '../plan/plan-schema.ts'
import { journalReportSchema } from '../report/journal-report.ts'
import { resultsLineSchema } from '../report/results-schema.ts'
import { summarySchema } from '../report/summary.ts'

/** The published JSON Schemas by file name: for what users write and what their programs read. */
export const publishedSchemas: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['job.schema.json', jobSchema],
  ['plan.schema.json', planSchema],
  ['summary.schema.json', summarySchema],
  ['results.schema.json', resultsLineSchema],
  ['verify-journal.schema.json', journalReportSchema],
  ['notification.schema.json', notificationSchema],
  ['manifest.schema.json', manifestSchema],
])

/** A schema as JSON Schema (draft 2020-12) of the content of a file, as text that ends with a line feed. */
export function renderJsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`
}
