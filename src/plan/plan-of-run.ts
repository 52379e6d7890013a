import { readdir } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { exists } from '../files/exists.ts'
import { parseSystemError } from '../files/system-error.ts'
import { commandFor } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { copyInput } from '../run/input-copy.ts'
import { lookForRun, type RunLook } from '../run/look-at-run.ts'
import { hasStartMark } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import { SavedPlan } from './saved-plan.ts'

const planCopyName = 'plan.json'

/**
 * Copies a plan to its run's directory, byte for byte and synced.
 *
 * @param plan the plan as it was checked
 * @throws Refusal when the file has changed since then
 */
export async function keepPlan(path: string, plan: SavedPlan, directory: string): Promise<void> {
  await copyInput(path, directory, planCopyName)
  const copy = await SavedPlan.open(join(directory, planCopyName))
  await copy.close()
  if (copy.sha256 === plan.sha256) return
  throw new Refusal(`The plan ${path} was changed just now. Nothing was sent.`, 'Start again.')
}

/**
 * Opens the plan that a run carries out; null if it carries out none.
 *
 * @throws Refusal when the run's copy has changed since the run began
 */
export async function openPlanOfRun(
  directory: string,
  { run_id: runId, plan: expected }: Pick<RunFile, 'run_id' | 'plan'>,
): Promise<SavedPlan | null> {
  if (expected === undefined) return null
  const path = join(directory, planCopyName)
  const plan = await SavedPlan.open(path)
  if (plan.sha256 === expected.sha256 && plan.head.plan_id === expected.id) return plan
  await plan.close()
  throw new Refusal(
    `The plan of run ${runId} has changed since the run began (${path}).`,
    'Restore it from a backup, or make a new plan for what is not done. results.csv shows what is done.',
  )
}

/**
 * Checks that no run of a runs directory carries out a plan or has done so: a plan is carried out only once.
 *
 * @throws Refusal when one does, or when that can't be found out
 */
export async function checkNotDone(runsDirectory: string, planId: string): Promise<void> {
  for (const name of await namesIn(runsDirectory)) {
    if (name.startsWith('.') || (await planIdOf(join(runsDirectory, name))) !== planId) continue
    throw new Refusal(
      `A plan is carried out only once, and run ${name} has taken this one up. Nothing was sent.`,
      `To see how far it has got: ${commandFor('status', { runId: name, runsDirectory })}. For what is left, plan again`,
    )
  }
}

/**
 * The id of the plan of a run; null if it has none. A start that broke off has sent nothing; its mark is still there. A
 * run whose `run.json` can't be read or is gone may have a plan: the copy in its directory shows it.
 */
async function planIdOf(directory: string): Promise<string | null> {
  const look = await lookForRun(directory)
  if (look.kind === 'run') return look.run.plan?.id ?? null
  const path = join(directory, planCopyName)
  // What can't be looked at is there.
  if (!(await exists(path).catch(() => true))) {
    if (look.kind === 'none' || look.restore === null) return null
    throw notKnown(directory, look)
  }
  if (look.kind === 'none' && (await hasStartMark(directory))) return null
  try {
    const plan = await SavedPlan.open(path)
    await plan.close()
    return plan.head.plan_id
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Other programs use this file name as well. Only what a run leaves shows that it is ours.
    if (look.kind === 'none') return null
    throw notKnown(directory, look, error)
  }
}

function notKnown(
  directory: string,
  { why, restore }: Pick<Extract<RunLook, { kind: 'unreadable' }>, 'why' | 'restore'>,
  cause?: Refusal,
): Refusal {
  return new Refusal(
    `It is not known whether the plan was carried out already: ${why}`,
    `${restore ?? `Restore ${directory} from a backup`}, or move ${restore === null ? 'it' : directory} elsewhere if it is not needed; then start again.`,
    cause,
  )
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    // As the text says, like each path below it: behind a link, the system would take `..` elsewhere.
    return await readdir(normalize(directory))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    const why = parseSystemError(error)?.why ?? String(error)
    throw new Refusal(
      `It is not known whether the plan was carried out already: ${directory} can't be read: ${why}.`,
      'Correct that, or name another directory with --runs-dir DIR',
      error,
    )
  }
}
