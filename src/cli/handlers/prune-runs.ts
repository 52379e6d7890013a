import { exists } from '../../files/exists.ts'
import { parseDuration } from '../../job/duration-value.ts'
import { counted } from '../../messages/counted.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { visible } from '../../messages/shown.ts'
import { StopSwitch } from '../../messages/stop.ts'
import { readSummaryOf } from '../../report/summary.ts'
import { type ListedRun, listRuns } from '../../run/list-runs.ts'
import { lossOfJournal } from '../../run/lost-journal.ts'
import { originOf } from '../../run/next-run.ts'
import { judgePruning, type Prunable, runsNamedBy } from '../../run/prune.ts'
import { findForeign, removeGoing } from '../../run/prune-run.ts'
import { copyOf } from '../../run/run-copy.ts'
import { headOf, sizeOfJournal, unlessRemoved } from '../../run/run-directory.ts'
import { type Removal, removeTogether } from '../remove-runs.ts'
import type { StoreArguments } from '../store-arguments.ts'
import { withStopHooks } from '../terminal/stop-hooks.ts'

interface Arguments extends StoreArguments {
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
  /** The runs that another process removed meanwhile. */
  readonly removed_by_others: readonly string[]
  readonly kept: readonly KeptRun[]
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
  const byOthers: string[] = []
  const kept: KeptRun[] = []
  const stop = new StopSwitch()
  const ended = new Map<string, Removal>()
  await withStopHooks(stop, async () => {
    if (args.yes && listed.length > 0) await removeGoing(runsDirectory)
    for (const { name, keep, together } of judged) {
      if (keep === null && args.yes && !ended.has(name)) {
        const all = together.flatMap((one) => known.get(one) ?? [])
        for (const [one, end] of await removeTogether(all, stop, args.runStore)) ended.set(one, end)
      }
      const end = ended.get(name)
      const why = keep ?? (end?.kind === 'kept' ? end.why : null)
      if (why !== null) kept.push({ run_id: name, why, failed: keep === null })
      else if (end?.kind === 'gone') byOthers.push(name)
      else runs.push(name)
    }
  })
  const answer: Pruned = { removed: args.yes, runs, removed_by_others: byOthers, kept }
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

async function lookAt(listed: ListedRun): Promise<Prunable> {
  const { name, directory, look } = listed
  if (look.kind === 'unreadable') {
    const origin = await originOf(listed)
    const names = runsNamedBy({ run_id: name, ...origin })
    return { kind: 'other', name, why: 'it is damaged', names }
  }
  const { run } = look
  const other = (why: string): Prunable => ({ kind: 'other', name, why, names: runsNamedBy(run) })
  if ((await copyOf(directory, run)) !== null) return other(`it is a copy of run ${run.run_id}`)
  if ((await lossOfJournal(directory, run, null)) !== null) return other('it is damaged: its journal is lost')
  if ((await sizeOfJournal(directory)) < (headOf(run, null)?.bytes ?? 0))
    return other('it is damaged: its journal is cut short')
  const foreign = await findForeign(directory)
  if (foreign !== null) return other(foreign)
  const summary = await readSummaryOf(directory, run)
  const endedAt = summary === null ? null : Date.parse(summary.finished_at)
  return { kind: 'run', name, run, endedAt }
}

function render({ removed, runs, removed_by_others: byOthers, kept }: Pruned): string {
  const others = byOthers.length === 0 ? '' : `, ${byOthers.length} removed by another process`
  const lines = [
    ...runs.map((name) => `${removed ? 'removed' : 'would be removed'}  ${visible(name)}`),
    ...byOthers.map((name) => `gone  ${visible(name)}: another process removed it`),
    ...kept.map(({ run_id: name, why }) => `kept  ${visible(name)}: ${visible(why)}`),
    '',
    removed
      ? `${counted(runs.length, 'run')} removed${others}, ${kept.length} kept.`
      : `${counted(runs.length, 'run')} would be removed, ${kept.length} kept. Nothing was removed; --yes removes them for good.`,
  ]
  return `${lines.join('\n')}\n`
}
