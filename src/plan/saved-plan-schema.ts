import * as z from 'zod'
import { inputEncodings } from '../input/bytes/encoding.ts'
import { inputFormats } from '../input/row.ts'
import { resolvedJobSchema } from '../job/job.ts'
import { userStatuses } from '../okta/status.ts'
import { plannedTaskSchema, requestsSchema, totalsSchema } from './plan-schema.ts'

/** The version of saved plans that this program writes and reads. */
export const savedPlanVersion = 1

/** A file that a plan was made from, and the SHA-256 of its bytes in hexadecimal. */
const sourceFileSchema = z.strictObject({
  /** What it is, for a person. */
  what: z.enum(['input', 'job file', 'list of protected users']),
  /** Absolute. */
  path: z.string().min(1),
  sha256: z.string(),
})

export type SourceFile = z.infer<typeof sourceFileSchema>

/** What a saved plan holds before its tasks. No secrets. */
export const savedPlanHeadSchema = z.strictObject({
  okta_lifecycle_plan: z.literal(savedPlanVersion),
  /** Random. It tells this plan from every other. */
  plan_id: z.uuid(),
  created_at: z.iso.datetime(),
  versions: z.strictObject({ okta_lifecycle: z.string(), node: z.string() }),
  org_url: z.string(),
  owner: z.union([z.strictObject({ id: z.string(), login: z.string() }), z.literal('none')]),
  job: resolvedJobSchema,
  from_job_file: z.boolean(),
  accept_refusals: z.boolean(),
  /** Whether a person has said that the input may differ from those of the job's earlier runs; absent if nobody has. */
  accept_unusual: z.boolean().optional(),
  /** The input comes first. */
  files: z.array(sourceFileSchema).min(1),
  encoding: z.enum(inputEncodings),
  format: z.enum(inputFormats),
  input_rows: z.int().min(0),
})

export type SavedPlanHead = Readonly<z.infer<typeof savedPlanHeadSchema>>

/** A planned task with the user as the plan found it. */
export const savedTaskSchema = z.strictObject({
  ...plannedTaskSchema.shape,
  /** Null if the plan read no user. */
  seen: z
    .strictObject({ id: z.string(), status: z.enum(userStatuses), status_changed: z.string().nullable() })
    .nullable(),
})

export type SavedTask = Readonly<z.infer<typeof savedTaskSchema>>

/** What a saved plan holds after its tasks, apart from its checksum. */
export const savedPlanEndSchema = z.strictObject({
  totals: totalsSchema,
  requests: requestsSchema,
  seconds: z.number().min(0).nullable(),
})

/** The texts between the parts of a saved plan: one JSON object, with each task on a line of its own. */
export const planText = {
  beforeTasks: ',"rows":[\n',
  afterTasks: '\n],',
  beforeChecksum: ',"sha256":"',
  afterChecksum: '"}\n',
} as const
