import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { type Evidence, type EvidenceSource, writeEvidence } from '../../evidence/evidence.ts'
import { cannotWriteZip, putInPlace } from '../../evidence/put-in-place.ts'
import { makeRedactedCopy } from '../../evidence/redacted-copy.ts'
import { type RecordedRun, writeOwnReports } from '../../evidence/write-own-reports.ts'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { readRecordedHead } from '../../report/summary.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { readRunFile } from '../../run/run-file.ts'
import { withRunLocks } from '../../run/run-locks.ts'
import { findBegunRun } from '../begun-run.ts'
import { reportedRun, type StoreArguments } from '../store-arguments.ts'
import { say } from '../terminal/stop-hooks.ts'
import { programVersion } from '../version.ts'

interface Arguments extends StoreArguments {
  readonly latest: boolean
  readonly redact: boolean
  readonly out?: string | undefined
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/evidence.ts`. */
export async function evidenceOf(args: Arguments, name: string | undefined): Promise<ExitCode> {
  if (args.out === '')
    throw new Refusal(
      '--out is empty; the path of the zip to write was expected.',
      'Give a path, such as --out evidence.zip, or leave out --out.',
    )
  const { directory, run: begun } = await findBegunRun(args, name)
  const path = args.out ?? `${begun.run_id}-evidence${args.redact ? '-redacted' : ''}.zip`
  // The run is held, so that nothing changes between the digest of a file and its copy.
  const evidence = await withRunLocks(directory, null, { onWatch: say }, async () => {
    const held = await readRunFile(directory)
    await args.runStore?.checkNotRestored(directory, held, false)
    const run = await reportedRun(args, directory, held)
    await checkInputCopy(directory, run)
    const recorded: RecordedRun = { directory, run, recorded: await readRecordedHead(directory) }
    return await inTemporaryDirectory(
      async (target) => await writeTo(path, await sourceOf(recorded, args.redact, target)),
    )
  })
  process.stdout.write(
    args.json
      ? `${JSON.stringify({ run_id: begun.run_id, evidence: path, ...evidence }, null, 2)}\n`
      : render(path, evidence),
  )
  return exitCodes.done
}

/** @param target an empty directory for the files that are written for this */
async function sourceOf(recorded: RecordedRun, redact: boolean, target: string): Promise<EvidenceSource> {
  if (redact) return await makeRedactedCopy(recorded, target)
  const summary = await writeOwnReports(recorded, target)
  return { directory: recorded.directory, reports: target, run: recorded.run, summary, original: null }
}

/** Writes the zip under another name first, because a file that already has its name must not be lost. */
async function writeTo(path: string, source: EvidenceSource): Promise<Evidence> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  let evidence: Evidence
  try {
    evidence = await writeEvidence(draft, source, `okta-lifecycle ${programVersion}`)
  } catch (error) {
    throw cannotWriteZip(path, error)
  }
  await putInPlace(draft, path)
  return evidence
}

function render(path: string, { manifest, journal, files }: Evidence): string {
  return [
    `Evidence: ${path} (${files.length} files)`,
    `SHA-256 of its manifest: ${manifest}`,
    `The journal: ${journal.lines} lines, last link ${journal.chain}`,
    'Keep these two values where nobody who can change the file can reach them.',
    '',
  ].join('\n')
}
