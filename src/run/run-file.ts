import { join } from 'node:path'
import * as z from 'zod'
import { readRegular } from '../files/read-regular.ts'
import { replaceFile } from '../files/replacing-file.ts'
import { parseSystemError } from '../files/system-error.ts'
import { inputEncodings } from '../input/bytes/encoding.ts'
import { inputFormats } from '../input/row.ts'
import { resolvedJobSchema } from '../job/job.ts'
import { Refusal } from '../messages/known-error.ts'
import { actionNames } from '../okta/actions.ts'
import { runStates } from './life.ts'

/** The version of `run.json` that this program writes and reads. */
export const runFileVersion = 1

const runFileSchema = z.strictObject({
  format: z.literal(runFileVersion),
  run_id: z.string(),
  created_at: z.iso.datetime(),
  versions: z.strictObject({ okta_lifecycle: z.string(), node: z.string() }),
  job: resolvedJobSchema,
  /** Whether the job came from a job file, so that the run also holds the job's lock. Absent in older runs. */
  from_job_file: z.boolean().optional(),
  input: z.strictObject({
    /** The name that the user typed; `-` for standard input. */
    name: z.string(),
    /** The copy, in the run directory. */
    file: z.string(),
    format: z.enum(inputFormats),
    /** Absent in older runs, which knew only UTF-8. */
    encoding: z.enum(inputEncodings).optional(),
    sha256: z.string(),
    bytes: z.int().min(0),
    rows: z.int().min(0),
    tasks: z.int().min(0),
    /** Distinct keys as written. */
    users: z.int().min(0),
    /**
     * How many of these users had a row that was due, and a sample of them, by which later runs of the job are judged.
     */
    due_users: z.int().min(0).optional(),
    user_sample: z
      .strictObject({
        hashes: z.array(z.number()),
        whole: z.boolean(),
        /** Absent in older runs. */
        actions: z.array(z.number()).optional(),
      })
      .optional(),
    /** Rows that repeat the same user's preceding row; absent in older runs. */
    repeated_rows: z.int().min(0).optional(),
    /** The actions that its rows ask for; absent if that was not known when the run began, and in older runs. */
    actions: z.array(z.enum(actionNames)).optional(),
    columns: z.array(z.string()),
    mapping: z.strictObject({
      user: z.string(),
      action: z.string().nullable(),
      send_email: z.string().nullable(),
      /** Whether short names are bad rows; absent in older runs, in which they never were. */
      addresses: z.boolean().optional(),
    }),
  }),
  /** The org's URL; `sandbox` for the simulated org, whose port changes. */
  org_url: z.string(),
  /** Null until Okta has shown the owner. */
  owner: z.union([z.strictObject({ id: z.string(), login: z.string() }), z.literal('none')]).nullable(),
  /** Whether a person has said that refusals concern the users and not the token; absent if nobody has. */
  accept_refusals: z.boolean().optional(),
  /** The saved plan that the run carries out, kept in its directory; absent if it carries out none. */
  plan: z.strictObject({ id: z.string(), sha256: z.string() }).optional(),
  /** What is unusual about the input, compared with the job's earlier runs; absent if nothing is. */
  unusual: z.string().optional(),
  /** Whether a person has accepted the unusual input; absent if nobody has. */
  accept_unusual: z.boolean().optional(),
  /** Whether the guards of the input as a whole have let it pass, in any execution; absent while they have not. */
  input_passed: z.boolean().optional(),
  /** Whether someone has agreed to send. */
  confirmed: z.boolean(),
  /** The run that this one retries; absent if it is not a retry. */
  retry_of: z.string().optional(),
  /** How far its journal was when it had taken over all that the retried run knew; absent in older runs. */
  carried_over: z.strictObject({ lines: z.int(), bytes: z.int(), chain: z.string() }).optional(),
  /** How far its journal was when it was moved or replaced under a process at work; absent if that never happened. */
  journal_end: z.strictObject({ lines: z.int(), bytes: z.int(), chain: z.string() }).optional(),
  /**
   * How far its journal was when its last execution began to work; absent before the first one, after a loss that is noted in
   * the journal, and in older runs.
   */
  journal_begun: z.strictObject({ lines: z.int(), bytes: z.int(), chain: z.string() }).optional(),
  /**
   * Whether it has begun with a file beside its journal that says how far that is on disk; absent if not, in a store, and in
   * older runs.
   */
  journal_head: z.boolean().optional(),
  /**
   * Whether it has gone on in a store from an older copy of itself, which does not know whether a run has gone on from it
   * since; absent if not.
   */
  put_back: z.boolean().optional(),
  /** The run that this one takes back; absent if it is not an undo. */
  undo_of: z.string().optional(),
  /** For an undo: sentences about what the other run did that the undo can't take back; absent if there is nothing. */
  not_undone: z.array(z.string()).optional(),
  /**
   * The run that this one retries or takes back and all runs before it, the first one first; absent if it goes on from none,
   * and in older runs.
   */
  earlier_runs: z.array(z.string()).optional(),
  /** The run that goes on from this one; absent if there is none. */
  closed_by: z.string().optional(),
  /** The state that it was closed in; absent if it is not closed, and in older runs. */
  closed_from: z.enum(runStates).optional(),
  state: z.enum(runStates),
  reason: z.string().nullable(),
})

/** The content of `run.json`: everything that a run needs besides its input and its journal. No secrets. */
export type RunFile = z.infer<typeof runFileSchema>

/** The runs that a run goes on from, as far as it names them, the first one first. */
export function runsBefore({
  retry_of: retried,
  undo_of: undone,
  earlier_runs: earlier,
}: Pick<RunFile, 'retry_of' | 'undo_of' | 'earlier_runs'>): readonly string[] {
  // An older run names at most two: the retry of an undo also names what that undo took back.
  return earlier ?? [undone, retried].filter((run) => run !== undefined)
}

/** The runs before a run that goes on from this one, as its `run.json` is to name them. */
export function runsUpTo(old: Pick<RunFile, 'run_id' | 'retry_of' | 'undo_of' | 'earlier_runs'>): string[] {
  return [...runsBefore(old), old.run_id]
}

export const sandboxOrgUrl = 'sandbox'

export const runFileName = 'run.json'

/** Writes `run.json` whole or not at all. */
export async function writeRunFile(directory: string, run: RunFile): Promise<void> {
  await replaceFile(join(directory, runFileName), `${JSON.stringify(run, null, 2)}\n`)
}

/**
 * Reads a run's `run.json`.
 *
 * @throws KnownError when there is none, or when it does not have the form that this program writes
 */
export async function readRunFile(directory: string): Promise<RunFile> {
  const path = join(directory, runFileName)
  let text: string
  try {
    text = await readRegular(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Refusal(
        `${directory} is not a run directory: it has no run.json.`,
        'Name a run directory, or resume the latest run: okta-lifecycle resume --latest',
        error,
      )
    const { why, fix } = parseSystemError(error) ?? { why: String(error), fix: 'Remove the cause' }
    throw new Refusal(`${path} can't be read: ${why}.`, `${fix}, then try again.`, error)
  }
  const content = parseJson(text)
  if (content === undefined) {
    throw new Refusal(`${path} is not JSON: it was cut off or changed.`, 'Restore the file from a backup.')
  }
  const parsed = runFileSchema.safeParse(content)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
    throw new Refusal(
      `${path} does not have the form that this version of okta-lifecycle writes${where}.`,
      'Use the version that began the run, or restore the file from a backup.',
    )
  }
  return parsed.data
}

/** Undefined for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
