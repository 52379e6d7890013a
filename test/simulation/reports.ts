import { parse } from 'csv-parse/sync'
import type { Action } from '../../src/okta/actions.ts'
import type { Scenario } from './scenario.ts'
import { runsDirectory, type World } from './world.ts'

/** A task as `results.jsonl` tells it. */
export interface ReportedTask {
  readonly row: number
  readonly step: number
  readonly action: Action
  readonly result: string
  readonly message: string
  readonly attempts: number
  readonly ref: string
  readonly okta_user_id: string | null
  readonly status_before: string | null
  readonly status_after: string | null
}

interface RunJson {
  readonly created_at: string
  readonly state: string
  readonly closed_by?: string
  readonly closed_from?: string
  readonly undo_of?: string
  readonly retry_of?: string
  readonly not_undone?: readonly string[]
  readonly plan?: object
  readonly unusual?: string
  readonly accept_unusual?: boolean
  readonly input: { readonly file: string }
  readonly carried_over?: { readonly lines: number }
}

/** A run's `run.json`; null if there is none. */
export function readRun(world: World, run: string): RunJson | null {
  const bytes = world.files.read(`${runsDirectory}/${run}/run.json`)
  return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as RunJson)
}

/** The run at the beginning of a chain of retries. */
export function firstOf(world: World, run: string): string {
  const before = readRun(world, run)?.retry_of
  return before === undefined ? run : firstOf(world, before)
}

/** The run from which a run goes on by retries and undos, through all of them. */
export function chainOf(world: World, run: string): string {
  const { retry_of: retried, undo_of: undone } = readRun(world, run) ?? {}
  const before = retried ?? undone
  return before === undefined ? run : chainOf(world, before)
}

/** The reports of a run; null where there are none. */
export function readReports(
  world: World,
  run: string,
): {
  /** When the results were written. The process that sent the last calls may have died without writing any. */
  readonly at: number
  readonly tasks: readonly ReportedTask[]
  readonly counts: Readonly<Record<string, number>>
  readonly tasksInAll: number
} | null {
  const path = `${runsDirectory}/${run}/results.jsonl`
  const results = world.files.read(path)
  const summary = world.files.read(`${runsDirectory}/${run}/summary.json`)
  if (results === null || summary === null) return null
  const lines = results.toString('utf8').split('\n')
  const tasks = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ReportedTask)
  const { results: counts, tasks: tasksInAll } = JSON.parse(summary.toString('utf8')) as {
    readonly results: Record<string, number>
    readonly tasks: number
  }
  return { at: world.files.writtenAt(path) ?? 0, tasks, counts, tasksInAll }
}

/** Whether the job lets a task fail, because its row's last step was done. */
export function isExcused(
  { goesOn, steps }: Scenario,
  tasks: readonly ReportedTask[],
  { row, step }: Pick<ReportedTask, 'row' | 'step'>,
): boolean {
  const last = tasks.find((task) => task.row === row && task.step === steps?.length)
  const isDone = last?.result === 'succeeded' || last?.result === 'unchanged'
  const own = tasks.find((task) => task.row === row && task.step === step)
  return goesOn.includes(step) && isDone && own?.result === 'failed'
}

/** The result of a task in its run's journal; null if it has none there. */
export function resultInJournal(
  world: World,
  task: Pick<ReportedTask, 'row' | 'step'> & { readonly run: string },
): Pick<ReportedTask, 'result' | 'message'> | null {
  const lines = world.files.read(`${runsDirectory}/${task.run}/journal.ndjson`)?.toString('utf8').split('\n')
  const begin = `{"event":"result","row":${task.row},"step":${task.step},`
  const line = lines?.find((text) => text.startsWith(begin))
  return line === undefined ? null : (JSON.parse(line) as ReportedTask)
}

/** The lines of a run's `failed.csv`, its header first. */
export function failedRows(world: World, run: string): readonly string[] {
  const bytes = world.files.read(`${runsDirectory}/${run}/failed.csv`)
  return bytes === null
    ? []
    : bytes
        .toString('utf8')
        .split(/\r?\n/)
        .filter((line) => line !== '')
}

/** The `ref` of each row in a run's `failed.csv`. */
export function failedRefs(world: World, run: string): ReadonlySet<string> {
  const text = failedRows(world, run).join('\n')
  const records = parse(text, { columns: true, relax_column_count: true, bom: true })
  return new Set((records as { readonly ref: string }[]).map(({ ref }) => ref))
}

/** The `ref` of each row of a run's input, by row number from 1. */
export function refsOf(world: World, run: string): ReadonlyMap<number, string> {
  const file = readRun(world, run)?.input.file
  const bytes = file === undefined ? null : world.files.read(`${runsDirectory}/${run}/${file}`)
  if (bytes === null) return new Map()
  // A workbook is the first input, as it was drawn.
  if (file?.endsWith('.xlsx') === true)
    return new Map(world.scenario.rows.map(({ ref }, index) => [index + 1, ref]))
  const records = parse(bytes, { columns: true, relax_column_count: true }) as { readonly ref: string }[]
  return new Map(records.map(({ ref }, index) => [index + 1, ref]))
}
