import { z } from 'zod'
import { jobSchema } from './job.ts'

/** The JSON Schema (draft 2020-12) of the job file, as text that ends in a line feed. */
export function renderJobJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(jobSchema, { io: 'input' }), null, 2)}\n`
}
