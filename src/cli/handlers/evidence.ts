import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { digestFile } from '../../evidence/digest-file.ts'
import { type Evidence, type EvidenceSource, writeEvidence } from '../../evidence/evidence.ts'
import { makeRedactedCopy } from '../../evidence/redacted-copy.ts'
import { CannotWrite } from '../../files/cannot-write.ts'
import { exists } from '../../files/exists.ts'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { reportAgain } from '../../report/report-again.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { readRunFile } from '../../run/run-file.ts'
import { withRunLocks } from '../../run/run-locks.ts'
import { findBegunRun } from '../begun-run.ts'
import { say } from '../terminal/stop-hooks.ts'
import { programVersion } from '../version.ts'

interface Arguments {
  readonly latest: boolean
  readonly redact: boolean
  readonly out?: string | undefined
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/evidence.ts`. */
export async function evidenceOf(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const { directory, run: begun } = await findBegunRun(args, name)
  const path = args.out ?? `${begun.run_id}-evidence${args.redact ? '-redacted' : ''}.zip`
  // The run is held, so that nothing changes between the digest of a file and its copy.
  const evidence = await withRunLocks(directory, null, { onWatch: say }, async (hold) => {
    const run = await readRunFile(directory)
    await checkInputCopy(directory, run)
    const summary = await reportAgain(directory, run, hold)
    if (!args.redact) return await writeTo(path, { directory, run, summary, original: null })
    return await inTemporaryDirectory(
      async (target) => await writeTo(path, await makeRedactedCopy(directory, run, summary, target)),
    )
  })
  process.stdout.write(
    args.json
      ? `${JSON.stringify({ run_id: begun.run_id, evidence: path, ...evidence }, null, 2)}\n`
      : render(path, evidence),
  )
  return exitCodes.done
}

/** Writes the zip under another name first, because a file that already has its name must not be lost. */
async function writeTo(path: string, source: EvidenceSource): Promise<Evidence> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    const evidence = await writeEvidence(draft, source, `okta-lifecycle ${programVersion}`)
    if (!(await exists(path))) await rename(draft, path)
    else if ((await digestFile(path)).sha256 !== (await digestFile(draft)).sha256)
      throw new Refusal(
        `${path} exists already, and is not the evidence of this run in its present state. The file was left as it is.`,
        `Move it away, or name another file: --out ${shellWord(`new-${basename(path)}`)}`,
      )
    return evidence
  } catch (error) {
    throw error instanceof Refusal ? error : CannotWrite.of(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
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
