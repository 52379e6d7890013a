import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../files/replacing-file.ts'
import { inputEncodings } from '../input/bytes/encoding.ts'
import { inputFormats } from '../input/row.ts'
import { resolvedJobSchema } from '../job/job.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'

/** The version of `run.json` that this program writes and reads. */
const runFileVersion = 1

const runFileSchema = z.strictObject({
  format: z.literal(runFileVersion),
  run_id: z.string(),
  created_at: z.iso.datetime(),
  versions: z.strictObject({ okta_lifecycle: z.string(), node: z.string() }),
  job: resolvedJobSchema,
  /** Whether the job came from a job file: such a run holds the job's lock too. Absent in runs from before there was one. */
  from_job_file: z.boolean().optional(),
  input: z.strictObject({
    /** As the user named it; `-` for standard input. */
    name: z.string(),
    /** The copy, in the run directory. */
    file: z.string(),
    format: z.enum(inputFormats),
    /** Absent in runs from before there was another than UTF-8. */
    encoding: z.enum(inputEncodings).optional(),
    sha256: z.string(),
    bytes: z.int().min(0),
    rows: z.int().min(0),
    tasks: z.int().min(0),
    /** Distinct keys as written. */
    users: z.int().min(0),
    columns: z.array(z.string()),
    mapping: z.strictObject({
      user: z.string(),
      action: z.string().nullable(),
      send_email: z.string().nullable(),
      /** Whether short names are bad rows; absent in runs from before they were. */
      addresses: z.boolean().optional(),
    }),
  }),
  /** The org's URL; `sandbox` for the simulated org, whose port changes. */
  org_url: z.string(),
  /** Null until Okta was asked. */
  owner: z.union([z.strictObject({ id: z.string(), login: z.string() }), z.literal('none')]).nullable(),
  /** Whether someone has agreed to send what the run would send. */
  confirmed: z.boolean(),
  /** The run that this one takes up what was left of; absent where it is no retry. */
  retry_of: z.string().optional(),
  /** The run that goes on from this one, which is closed; absent where none does. */
  closed_by: z.string().optional(),
  state: z.enum(['new', 'running', 'finished', 'stopped', 'interrupted', 'closed']),
  reason: z.string().nullable(),
})

/** What `run.json` holds: all that a run needs besides its input and its journal. No secret. */
export type RunFile = z.infer<typeof runFileSchema>

export const sandboxOrgUrl = 'sandbox'

export const runFileName = 'run.json'

/** Writes `run.json` whole or not at all. */
export async function writeRunFile(directory: string, run: RunFile): Promise<void> {
  await replaceFile(join(directory, runFileName), `${JSON.stringify(run, null, 2)}\n`)
}

/**
 * Reads a run's `run.json`.
 *
 * @throws KnownError where there is none, or where it is not as this program writes it
 */
export async function readRunFile(directory: string): Promise<RunFile> {
  const path = join(directory, runFileName)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new KnownError(
      `${directory} is no run directory: it has no run.json.`,
      'okta-lifecycle resume --latest, or name a run directory',
      exitCodes.nothingSent,
      error,
    )
  }
  const parsed = runFileSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
    throw new KnownError(
      `${path} is not as this version of okta-lifecycle writes it${where}.`,
      'Go on with the version that began the run, or restore the file from a backup.',
    )
  }
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
