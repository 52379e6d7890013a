import { execFile } from 'node:child_process'
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

/** Makes the evidence of the tests' run. */
export async function makeEvidence(place: Workplace, ...flags: readonly string[]): Promise<Told> {
  const end = await place.runHere(null, ['evidence', runId, '--json', ...flags])
  expect(end.code, end.stderr).toBe(0)
  return JSON.parse(end.stdout) as Told
}
