import { duplicateSkip } from '../../src/rules/row-order.ts'
import type { Report } from './play.ts'
import type { SimProcess } from './process.ts'
import { firstOf, isExcused, type ReportedTask, readRun } from './reports.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** Everything ended well, and somebody must look. */
const [well, toLookAt] = [0, 1]

/** I30: a process that ends with 0 or 1 has finished its run, and says by that whether somebody must look at a task. */
export function checkExitCodes(world: World, reports: readonly Report[]): void {
  if (world.store !== null) return
  for (const process of world.processes) {
    const { command, exitCode, startedAt, endedAt } = process
    const run = runOf(world, process)
    if (run === null || (exitCode !== well && exitCode !== toLookAt)) continue
    // Another process may have gone on with the run at once, and have written its reports over those of this one.
    const own = reports.findLast(({ run: of, at }) => of === run && at >= startedAt && at <= endedAt)
    if (own === undefined) continue
    const open = own.tasks.find(({ result }) => result === 'not_run' || result === 'unsettled')
    const worst = own.tasks.find((task) => needsLook(world.scenario, own.tasks, task))
    if (open !== undefined)
      world.violate(`I30 "${command}" ends with ${exitCode}, though row ${open.row} is ${open.result}`)
    // What can't be undone must be looked at as well, and is in no row.
    else if (exitCode === toLookAt ? worst === undefined && !undoes(world, run) : worst !== undefined)
      world.violate(
        `I30 "${command}" ends with ${exitCode}, though ${worst === undefined ? 'nobody must look at anything' : `row ${worst.row} is ${worst.result} (${worst.message})`}`,
      )
  }
}

/** The run that a process carries out; null if that is not known. */
function runOf(world: World, { command }: SimProcess): string | null {
  const [verb, run = ''] = command.split(' ')
  if (verb === 'run' || verb === 'resume') return run
  return verb === 'retry' || verb === 'undo' ? (readRun(world, run)?.closed_by ?? null) : null
}

const asAsked = ['not selected:', 'not due', 'the job acts only on', duplicateSkip.message]

function needsLook(scenario: Scenario, tasks: readonly ReportedTask[], task: ReportedTask): boolean {
  const { result, message } = task
  if (result === 'skipped') return !asAsked.some((words) => message.includes(words))
  if (result === 'succeeded' || result === 'unchanged')
    return /; its activation link (?!is in |was written )|no activation link/.test(message)
  return !isExcused(scenario, tasks, task)
}

function undoes(world: World, run: string): boolean {
  return readRun(world, firstOf(world, run))?.undo_of !== undefined
}
