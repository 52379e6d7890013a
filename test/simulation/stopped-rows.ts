import type { Report } from './play.ts'
import { type ReportedTask, readRun } from './reports.ts'
import type { World } from './world.ts'

const stopping = new Set(['failed', 'in_doubt', 'unsettled', 'not_run'])

/**
 * I33: a step that failed stops the later ones of its row, unless the job lets them go on; one in doubt, or not done yet, stops
 * them in any case, and a doubt also the later rows of its user.
 */
export function checkStoppedRows(world: World, reports: readonly Report[]): void {
  // What was done in the lost part of a journal was done before the step that is found to have failed by now.
  if (world.cuts.size > 0) return
  const isByStep = world.scenario.order === 'step'
  for (const { run, tasks, isCutOff } of reports) {
    if (isCutOff || readRun(world, run)?.undo_of !== undefined) continue
    for (const task of tasks) {
      if (task.result !== 'succeeded' && task.result !== 'unchanged') continue
      // What the run before has done stands, also where a failed step before it is to be done again.
      if (/\(in run [^()]+\)$/.test(task.message)) continue
      const before = tasks.find((one) =>
        one.row === task.row
          ? one.step < task.step && stops(world, one)
          : one.row < task.row && (!isByStep || one.step <= task.step) && isInDoubtFor(task, one),
      )
      if (before !== undefined)
        world.violate(
          `I33 step ${task.step} of row ${task.row} of ${run} is ${task.result}, though step ${before.step} of row ${before.row} is ${before.result} (${before.message})`,
        )
    }
  }
}

function stops({ scenario }: World, { result, step }: ReportedTask): boolean {
  return stopping.has(result) && !(result === 'failed' && scenario.goesOn.includes(step))
}

function isInDoubtFor(
  { okta_user_id: user }: ReportedTask,
  { result, okta_user_id: of }: ReportedTask,
): boolean {
  return (result === 'in_doubt' || result === 'unsettled') && user !== null && user === of
}
