import { isDeepStrictEqual } from 'node:util'
import { asCannotWrite } from '../../files/cannot-write.ts'
import { exists } from '../../files/exists.ts'
import { parseDuration } from '../../job/duration-value.ts'
import { checkJournal } from '../../journal/journal-reader.ts'
import { counted } from '../../messages/counted.ts'
import { type ExitCode, exitCodes, KnownError, Refusal } from '../../messages/known-error.ts'
import { visible } from '../../messages/shown.ts'
import { StopSwitch } from '../../messages/stop.ts'
import { readRecordedHead, readSummary } from '../../report/summary.ts'
import { type ListedRun, listRuns } from '../../run/list-runs.ts'
import { lossOfJournal } from '../../run/lost-journal.ts'
import { judgePruning, type Prunable } from '../../run/prune.ts'
import { findForeign, pruneRun, removeGoing } from '../../run/prune-run.ts'
import { copyOf } from '../../run/run-copy.ts'
import { headOf, journalPath, unlessRemoved } from '../../run/run-directory.ts'
import { readRunFile } from '../../run/run-file.ts'
import { withRunLocks } from '../../run/run-locks.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'

interface Arguments {
  readonly 'runs-dir': string
  readonly prune: boolean
  readonly keep?: string | undefined
  readonly yes: boolean
  readonly json: boolean
}

/** The answer of `runs --prune`. */
interface Pruned {
  /** Whether the runs are gone; without `--yes` they are only named. */
  readonly removed: boolean
  readonly runs: readonly string[]
  readonly kept: readonly KeptRun[]
}

/** A run in the runs directory, as it was when it was judged. */
interface SeenRun extends ListedRun {
  readonly found: Prunable
}

interface KeptRun {
  readonly run_id: string
  readonly why: string
  /** Whether it should have been removed and could not be. */
  readonly failed: boolean
}

/** See `commands/runs.ts`. */
export async function pruneRuns(args: Arguments): Promise<ExitCode> {
  const keepMs = keepOf(args) * 1000
  const runsDirectory = args['runs-dir']
  // A job that removes runs unattended would never notice a misspelt directory.
  if (!(await exists(runsDirectory)))
    throw new Refusal(
      `There is no directory ${visible(runsDirectory)}, so there are no runs to remove.`,
      'Correct --runs-dir, or leave it out for the directory runs.',
    )
  const listed = await listRuns(runsDirectory)
  const now = Date.now()
  const seen = await Promise.all(
    listed.map((one) => unlessRemoved(one.directory, async () => ({ ...one, found: await lookAt(one) }))),
  )
  const known = new Map(seen.flatMap((one) => (one === null ? [] : [[one.name, one] as const])))
  const judged = judgePruning(
    [...known.values()].map(({ found }) => found),
    keepMs,
    now,
  )
  const runs: string[] = []
  const kept: KeptRun[] = []
  const stop = new StopSwitch()
  const ended = new Map<string, string | null>()
  await withStopHooks(stop, async () => {
    if (args.yes && listed.length > 0) await removeGoing(runsDirectory)
    for (const { name, keep, together } of judged) {
      if (keep === null && args.yes && !ended.has(name)) {
        const why = await remove(
          together.flatMap((one) => known.get(one) ?? []),
          stop,
        )
        for (const one of together) ended.set(one, why)
      }
      const why = keep ?? ended.get(name) ?? null
      if (why === null) runs.push(name)
      else kept.push({ run_id: name, why, failed: keep === null })
    }
  })
  const answer: Pruned = { removed: args.yes, runs, kept }
  process.stdout.write(args.json ? `${JSON.stringify(answer, null, 2)}\n` : render(answer))
  if (stop.reason !== null) return stop.reason.exitCode
  return kept.some(({ failed }) => failed) ? exitCodes.someoneMustLook : exitCodes.done
}

/** @returns seconds */
function keepOf({ prune, keep }: Arguments): number {
  const example = 'okta-lifecycle runs --prune --keep 90d'
  if (!prune) throw new Refusal('--keep and --yes can be used only with --prune.', example)
  if (keep === undefined) throw new Refusal('--prune needs --keep: how long finished runs are kept.', example)
  const seconds = parseDuration(keep)
  if (seconds === null)
    throw new Refusal(`--keep: a duration such as 12h or 90d was expected, but "${keep}" was found.`, example)
  return seconds
}

async function lookAt({ name, directory, look }: ListedRun): Promise<Prunable> {
  if (look.kind === 'unreadable') return { kind: 'other', name, why: 'it is damaged' }
  const { run } = look
  if ((await copyOf(directory, run)) !== null)
    return { kind: 'other', name, why: `it is a copy of run ${run.run_id}` }
  if ((await lossOfJournal(directory, run, null)) !== null)
    return { kind: 'other', name, why: 'it is damaged: its journal is lost' }
  const foreign = await findForeign(directory)
  if (foreign !== null) return { kind: 'other', name, why: foreign }
  const summary = await readSummary(directory)
  const endedAt = summary?.run_id === run.run_id ? Date.parse(summary.finished_at) : null
  return { kind: 'run', name, run, endedAt }
}

/**
 * Removes runs that belong together, the latest first, if every one of them may be removed. Returns why they could not
 * be removed, in a clause.
 */
async function remove(together: readonly SeenRun[], stop: StopSwitch): Promise<string | null> {
  if (stop.reason !== null) return `${stop.reason.message} first`
  const checkAll = async (left: readonly SeenRun[]): Promise<string | null> => {
    const [next, ...rest] = left
    if (next === undefined) {
      for (const { directory } of together.toReversed()) await pruneRun(directory)
      return null
    }
    const watch = { onWatch: say, signal: stop.signal }
    return await withRunLocks(next.directory, null, watch, async () => {
      return (await whyNotNow(next)) ?? (await checkAll(rest))
    })
  }
  try {
    return await checkAll(together)
  } catch (error) {
    const refused = error instanceof KnownError ? error : asCannotWrite(error)
    if (refused === null) throw error
    return refused.message
  }
}

/** Why a run that is held must stay after all, in a clause; null if it need not. */
async function whyNotNow({ name, directory, found }: SeenRun): Promise<string | null> {
  // Since it was judged, another process may have gone on with it or from it.
  const run = await readRunFile(directory)
  if (found.kind !== 'run' || !isDeepStrictEqual(run, found.run))
    return `another process has gone on with ${name}`
  const foreign = await findForeign(directory)
  if (foreign !== null) return foreign
  // A damaged journal is evidence of a change, and must not be removed with the run.
  const expected = { run: run.run_id, head: headOf(run, await readRecordedHead(directory)) }
  const { flaw } = await checkJournal(journalPath(directory), expected)
  return flaw === null ? null : `the journal of ${name} is damaged (verify-journal)`
}

function render({ removed, runs, kept }: Pruned): string {
  const lines = [
    ...runs.map((name) => `${removed ? 'removed' : 'would be removed'}  ${visible(name)}`),
    ...kept.map(({ run_id: name, why }) => `kept  ${visible(name)}: ${visible(why)}`),
    '',
    removed
      ? `${counted(runs.length, 'run')} removed, ${kept.length} kept.`
      : `${counted(runs.length, 'run')} would be removed, ${kept.length} kept. Nothing was removed; --yes removes them for good.`,
  ]
  return `${lines.join('\n')}\n`
}
