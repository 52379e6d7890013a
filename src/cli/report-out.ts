import { copyFile, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { exists } from '../files/exists.ts'
import { syncPath } from '../files/sync-path.ts'
import { Refusal } from '../messages/known-error.ts'
import { lookAtRun } from '../run/look-at-run.ts'

/**
 * Makes sure that the files of a run of a store may be written to a directory: it must be new or empty, or hold the
 * same run.
 *
 * @throws Refusal if they may not
 */
export async function checkOut(out: string, runId: string): Promise<void> {
  if (!(await exists(out)) || (await namesIn(out)).length === 0) return
  const look = await lookAtRun(out)
  if (look.kind === 'run' && look.run.run_id === runId) return
  throw new Refusal(
    `${out} holds other files than those of run ${runId}. Nothing in it was changed.`,
    'Name a new directory with --out DIR',
  )
}

/**
 * Writes the files of a run's working copy to a directory.
 *
 * @returns the names of the files
 * @throws CannotWrite when the system refuses one
 */
export async function writeOut(workingCopy: string, out: string): Promise<readonly string[]> {
  try {
    await mkdir(out, { recursive: true, mode: 0o700 })
    const files = (await readdir(workingCopy, { withFileTypes: true })).filter((entry) => entry.isFile())
    const names = files.map(({ name }) => name).filter((name) => !name.startsWith('.'))
    for (const name of names) {
      const draft = join(out, `.${name}.tmp`)
      await copyFile(join(workingCopy, name), draft)
      await rename(draft, join(out, name))
    }
    await syncPath(out)
    return names
  } catch (error) {
    throw CannotWrite.of(out, error)
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    throw CannotWrite.of(directory, error)
  }
}
