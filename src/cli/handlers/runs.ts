import { counted } from '../../messages/counted.ts'
import { renderAge } from '../../messages/duration.ts'
import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import { visible } from '../../messages/shown.ts'
import { placeOfRun, storeOf } from '../../messages/store-place.ts'
import { readRecordedHead, readSummaryOf, type Summary } from '../../report/summary.ts'
import { isOver } from '../../run/life.ts'
import { type ListedRun, listRuns as readRuns } from '../../run/list-runs.ts'
import { lossOfJournal } from '../../run/lost-journal.ts'
import { copyOf } from '../../run/run-copy.ts'
import { headOf, sizeOfJournal, unlessRemoved } from '../../run/run-directory.ts'
import type { RunFile } from '../../run/run-file.ts'
import { renderSchedules } from '../render-schedules.ts'
import { type ShownState, shownState } from '../run-state.ts'
import { holdOf, type StoreArguments, whyItIsLeft } from '../store-arguments.ts'

interface Arguments extends StoreArguments {
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/runs.ts`. */
export async function listRuns(args: Arguments): Promise<ExitCode> {
  const now = Date.now()
  const runs: RunLine[] = []
  const left = new Set<RunLine>()
  for (const run of await readRuns(args['runs-dir'])) {
    const line = await unlessRemoved(run.directory, () => lineOf(args, run, now, left))
    if (line !== null) runs.push(line)
  }
  // A run without a time, because it can't be read, comes first: somebody should see it.
  runs.sort((some, other) => timeOf(other) - timeOf(some))
  const schedules = args.json || args.tables === undefined ? [] : await args.tables.schedules.all()
  process.stdout.write(
    args.json
      ? `${JSON.stringify(runs, null, 2)}\n`
      : render(runs, left, args['runs-dir']) + renderSchedules(schedules),
  )
  return exitCodes.done
}

/** A run in the answer of `runs`. What is not known is null. */
interface RunLine {
  /** For a copy, or if `run.json` can't be read: the name of the directory. */
  readonly run_id: string
  /** The run that it is a copy of, under another name; null for every other run. */
  readonly copy_of: string | null
  /** `damaged`: its `run.json` can't be read, or its journal is missing. */
  readonly state: ShownState | 'damaged'
  readonly job: string | null
  readonly org: string | null
  readonly created_at: string | null
  readonly age_seconds: number | null
  readonly rows: number | null
  readonly tasks: number | null
  /** The counts from when it last ended; null before that, and while it is at work. */
  readonly people: Summary['people'] | null
  readonly results: Summary['results'] | null
  /** Why it stopped, or what is damaged. */
  readonly reason: string | null
  readonly directory: string
}

/** @param left gets the line if the run is left to people since it was put back from an older copy */
async function lineOf(
  args: StoreArguments,
  { name, directory, look }: ListedRun,
  now: number,
  left: Set<RunLine>,
): Promise<RunLine> {
  if (look.kind === 'unreadable')
    return { run_id: name, ...unknown, job: look.job, reason: look.why, directory }
  const { run } = look
  const copied = await copyOf(directory, run)
  const copy = copied === null ? {} : { run_id: name, copy_of: copied }
  const loss = await lossOfJournal(directory, run, null)
  if (loss !== null) {
    return { ...factsOf(run, now), ...copy, state: 'damaged', reason: `Its journal is ${loss}.`, directory }
  }
  const state = shownState(run, await holdOf(args, directory))
  // Whether the rest is sound, only those say that read it; and a process at work sees to its journal by itself.
  const reason = args.tables !== undefined || state === 'working' ? null : await whyCutShort(directory, run)
  if (reason !== null) return { ...factsOf(run, now), ...copy, state: 'damaged', reason, directory }
  const summary = state === 'working' || state === 'new' ? null : await readSummaryOf(directory, run)
  const whyLeft = isOver(state) ? null : await whyItIsLeft(args, run)
  const line: RunLine = {
    ...factsOf(run, now),
    ...copy,
    state,
    people: summary?.people ?? null,
    results: summary?.results ?? null,
    reason: whyLeft ?? run.reason,
    directory: placeOfRun(directory),
  }
  if (whyLeft !== null) left.add(line)
  return line
}

/**
 * Why a journal is, or may be, shorter than it was; null if it is not. Not for a run of a store: of its journal there is no
 * copy here to list it.
 */
async function whyCutShort(directory: string, run: RunFile): Promise<string | null> {
  // Before the journal, which may grow meanwhile. A list of all runs is no place to fail for one that can't be read.
  const recorded = await readRecordedHead(directory).catch(() => 'unreadable' as const)
  if (recorded === 'unreadable') return isOver(run.state) ? null : "Its journal.head can't be read."
  const head = headOf(run, recorded)
  // Whether a run that is new has sent anything, only those say that read its journal.
  const orFurther = head?.ends === 'uncalled' ? undefined : head?.orFurther
  if (orFurther === 'damaged') return 'Its journal.head is not as it was written.'
  if (orFurther === 'missing') return 'Its journal.head is missing.'
  return head !== null && (await sizeOfJournal(directory)) < head.bytes
    ? 'Its journal is an older copy, or was cut off.'
    : null
}

const unknown = {
  state: 'damaged',
  copy_of: null,
  org: null,
  created_at: null,
  age_seconds: null,
  rows: null,
  tasks: null,
  people: null,
  results: null,
} as const

function factsOf(run: RunFile, now: number) {
  return {
    run_id: run.run_id,
    ...unknown,
    job: run.job.name,
    org: run.org_url,
    created_at: run.created_at,
    age_seconds: Math.max(0, Math.round((now - Date.parse(run.created_at)) / 1000)),
    rows: run.input.rows,
    tasks: run.input.tasks,
  }
}

function timeOf({ created_at: at }: RunLine): number {
  return at === null ? Number.MAX_VALUE : Date.parse(at)
}

function render(runs: readonly RunLine[], left: ReadonlySet<RunLine>, runsDirectory: string): string {
  if (runs.length === 0) return `There are no runs in ${storeOf(runsDirectory) ?? runsDirectory}.\n`
  const whyLeft = (run: RunLine): string => (left.has(run) ? `. ${visible(run.reason ?? '')}` : '')
  const cells = runs.map((run) => [nameOf(run), run.state, ageOf(run), `${countsOf(run)}${whyLeft(run)}`])
  const lines = [['Run', 'State', 'Begun', 'Counts'], ...cells]
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('')
}

function nameOf({ run_id: name, copy_of: original }: RunLine): string {
  return original === null ? visible(name) : `${visible(name)} (copy of ${visible(original)})`
}

function countsOf({ people, results, tasks, state, reason }: RunLine): string {
  if (state === 'damaged') return visible(reason ?? '')
  if (people !== null && people !== undefined) {
    const left = people.left_alone === 0 ? '' : `, ${people.left_alone} left alone`
    return `${people.done} of ${people.total} people done, ${people.need_you} need you${left}`
  }
  if (results === null) return counted(tasks ?? 0, 'task')
  const good = results.succeeded + results.unchanged
  return `${good} of ${counted(tasks ?? 0, 'task')} done`
}

function ageOf({ age_seconds: age }: RunLine): string {
  return age === null ? '' : `${renderAge(age)} ago`
}
