import { join } from 'node:path'
import type { JournalHead } from '../journal/journal-check.ts'
import type { Summary } from '../report/summary.ts'
import { jobText } from '../run/job-digest.ts'
import type { RunFile } from '../run/run-file.ts'
import { digestFile, digestText, type FileDigest } from './digest-file.ts'
import { manifestOf, type NamedDigest } from './manifest.ts'
import { writeZip, type ZipEntry } from './zip.ts'

/** A run, or a redacted copy of one, whose reports were just written. */
export interface EvidenceSource {
  readonly directory: string
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

/** The files of a run directory that belong to its evidence, in the order of the zip. */
const always = ['run.json', 'journal.ndjson', 'summary.json', 'results.csv', 'results.jsonl', 'report.html']

/**
 * Writes the evidence of a run: one zip with everything that is needed to judge the run, and a manifest of it. The same
 * run gives the same bytes. The run must be held, so that nothing changes meanwhile.
 *
 * @param madeBy the program and its version
 * @throws CannotWrite when it can't be written; what the system reports when a file can't be read
 */
export async function writeEvidence(path: string, source: EvidenceSource, madeBy: string): Promise<Evidence> {
  const { directory, run, summary, original } = source
  const { journal } = summary
  if (journal === undefined) throw new Error('a summary that was just written says where the journal ends')
  const job = jobText(run.job)
  const digests: NamedDigest[] = []
  const entries: ZipEntry[] = []
  const add = (name: string, digest: FileDigest, entry: ZipEntry): void => {
    digests.push({ name, ...digest })
    entries.push(entry)
  }
  for (const name of [...always, ...onlyInFull(source)]) {
    const file = join(directory, name)
    const digest = await digestFile(file)
    add(name, digest, { name, path: file, bytes: digest.bytes })
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

/** Files that name people in every line, so that a redacted edition leaves them out. */
function onlyInFull({ run, original }: EvidenceSource): readonly string[] {
  if (original !== null) return []
  return ['failed.csv', run.input.file, ...(run.plan === undefined ? [] : ['plan.json'])]
}
