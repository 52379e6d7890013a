import { basename, join } from 'node:path'
import type { JournalHead } from '../journal/journal-check.ts'
import type { Summary } from '../report/summary.ts'
import { jobText } from '../run/job-digest.ts'
import type { RunFile } from '../run/run-file.ts'
import { digestFile, digestText, type FileDigest } from './digest-file.ts'
import { manifestOf, type NamedDigest } from './manifest.ts'
import { writeZip, type ZipEntry } from './zip.ts'

/** A run, or a redacted copy of one, and reports of it that were just written. */
export interface EvidenceSource {
  readonly directory: string
  /** The directory of the reports. */
  readonly reports: string
  readonly run: RunFile
  readonly summary: Summary
  /** Where the original journal ends, if this is a redacted copy; else null. */
  readonly original: JournalHead | null
}

/** What was written. */
export interface Evidence {
  /** The SHA-256 of `manifest.json`, which vouches for all other files. */
  readonly manifest: string
  /** Where the journal ends. In a redacted edition this is the original journal. */
  readonly journal: JournalHead
  readonly files: readonly string[]
}

/** The reports that belong to the evidence of a run. */
const reportFiles = ['summary.json', 'results.csv', 'results.jsonl', 'report.html']

/**
 * Writes the evidence of a run: one zip with everything that is needed to judge the run, and a manifest of it. The same
 * run gives the same bytes. The run must be held, so that nothing changes meanwhile.
 *
 * @param madeBy the program and its version
 * @throws CannotWrite when it can't be written; what the system reports when a file can't be read
 */
export async function writeEvidence(path: string, source: EvidenceSource, madeBy: string): Promise<Evidence> {
  const { run, summary, original } = source
  const { journal } = summary
  if (journal === undefined) throw new Error('a summary that was just written says where the journal ends')
  const job = jobText(run.job)
  const digests: NamedDigest[] = []
  const entries: ZipEntry[] = []
  const add = (name: string, digest: FileDigest, entry: ZipEntry): void => {
    digests.push({ name, ...digest })
    entries.push(entry)
  }
  for (const path of pathsOf(source)) {
    const name = basename(path)
    const digest = await digestFile(path)
    add(name, digest, { name, path, bytes: digest.bytes })
  }
  add('job.json', digestText(job), { name: 'job.json', text: job })
  const manifest = `${JSON.stringify(
    manifestOf({ run, summary, journal, original, madeBy, files: digests }),
    null,
    2,
  )}\n`
  await writeZip(path, [{ name: 'manifest.json', text: manifest }, ...entries])
  return {
    manifest: digestText(manifest).sha256,
    journal: original ?? journal,
    files: ['manifest.json', ...digests.map(({ name }) => name)],
  }
}

/** The files of the zip, in its order. A redacted edition leaves out those that name people in every line. */
function pathsOf({ directory, reports, run, original }: EvidenceSource): readonly string[] {
  const plan = run.plan === undefined ? [] : ['plan.json']
  return [
    ...['run.json', 'journal.ndjson'].map((name) => join(directory, name)),
    ...reportFiles.map((name) => join(reports, name)),
    ...(original === null ? [join(reports, 'failed.csv')] : []),
    ...(original === null ? [run.input.file, ...plan].map((name) => join(directory, name)) : []),
  ]
}
