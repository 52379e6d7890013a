import * as z from 'zod'
import type { JournalHead } from '../journal/journal-check.ts'
import { peopleSchema } from '../report/people.ts'
import { reportedResults } from '../report/report-row.ts'
import type { Summary } from '../report/summary.ts'
import { controlTotalsSchema } from '../rules/control-totals.ts'
import type { RunFile } from '../run/run-file.ts'
import type { FileDigest } from './digest-file.ts'

const count = z.int().min(0)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const journalHead = z.strictObject({ lines: count, bytes: count, chain: z.string() })

/** The content of `manifest.json`. */
export const manifestSchema = z
  .strictObject({
    format: z.literal(1),
    run_id: z.string(),
    redacted: z.boolean().describe('Whether names are replaced by digests.'),
    made_by: z.string().describe('The program and its version.'),
    org: z.string(),
    job: z.string().describe('The name of the job.'),
    state: z.string().describe('The state of the run, as run.json has it.'),
    control_totals: controlTotalsSchema,
    people: peopleSchema,
    tasks: count,
    results: z.record(z.enum(reportedResults), count),
    journal: journalHead.describe(
      'Where journal.ndjson ends: the last sound line and its link in the chain.',
    ),
    original_journal: journalHead
      .optional()
      .describe(
        'In a redacted edition: where the original journal ends, as the terminal and notifications showed it.',
      ),
    input: z.strictObject({
      sha256,
      bytes: count,
      included: z
        .boolean()
        .describe('Whether the input itself is in the evidence; never in a redacted edition.'),
    }),
    files: z.array(z.strictObject({ name: z.string(), bytes: count, sha256 })).describe('All other files.'),
  })
  .meta({ title: 'manifest.json of okta-lifecycle', description: 'What the evidence of a run consists of.' })

type Manifest = z.infer<typeof manifestSchema>

/** A file of the evidence. */
export interface NamedDigest extends FileDigest {
  readonly name: string
}

interface ManifestParts {
  readonly run: RunFile
  readonly summary: Summary
  readonly journal: JournalHead
  /** Where the original journal ends, if this is a redacted edition; else null. */
  readonly original: JournalHead | null
  readonly madeBy: string
  readonly files: readonly NamedDigest[]
}

/** Lists what the evidence of a run consists of, with its totals. */
export function manifestOf(parts: ManifestParts): Manifest {
  const { run, summary, journal, original, madeBy, files } = parts
  const { control_totals: control, people } = summary
  if (control === undefined || people === undefined) throw new Error('a new summary has totals')
  return {
    format: 1,
    run_id: run.run_id,
    redacted: original !== null,
    made_by: madeBy,
    org: summary.org,
    job: summary.job,
    state: run.state,
    control_totals: control,
    people,
    tasks: summary.tasks,
    results: summary.results,
    journal,
    ...(original === null ? {} : { original_journal: original }),
    input: { sha256: run.input.sha256, bytes: run.input.bytes, included: original === null },
    files: files.map(({ name, bytes, sha256: digest }) => ({ name, bytes, sha256: digest })),
  }
}
