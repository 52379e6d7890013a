import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { runId, type Workplace } from './workplace.ts'

const execute = promisify(execFile)

/** Runs the script that an auditor runs. */
export async function audit(
  path: string,
  ...flags: readonly string[]
): Promise<{ code: number; said: string }> {
  try {
    const { stdout } = await execute(process.execPath, ['docs/check-evidence.mjs', path, ...flags])
    return { code: 0, said: stdout }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, said: stdout + stderr }
  }
}

/** What `evidence --json` tells. */
interface Told {
  readonly evidence: string
  readonly manifest: string
  readonly journal: { readonly chain: string }
}

/** Makes the evidence of a run. */
export async function makeEvidence(
  place: Workplace,
  run = runId,
  ...flags: readonly string[]
): Promise<Told> {
  const end = await place.runHere(null, ['evidence', run, '--json', ...flags])
  expect(end.code, end.stderr).toBe(0)
  return JSON.parse(end.stdout) as Told
}

/** Makes the evidence of a run, and has it checked with the last link that was shown. */
export async function auditRun(
  place: Workplace,
  run = runId,
  ...flags: readonly string[]
): Promise<{ code: number; said: string }> {
  const out = join(place.directory, `${run}.zip`)
  await rm(out, { force: true })
  const told = await makeEvidence(place, run, '--out', out, ...flags)
  return await audit(out, '--link', told.journal.chain)
}
