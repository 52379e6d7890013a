import { readRun } from './reports.ts'
import type { World } from './world.ts'

/** I18: by the order `step`, no call of a step leaves before all calls of the steps before it, over all executions. */
export function checkSteps(world: World): void {
  if (world.scenario.order !== 'step' || world.scenario.steps === null) return
  const reached = new Map<string, number>()
  for (const { run, row, step, at } of world.departures) {
    // An undo goes back, user by user. What ended in a lost part of a journal, no later execution knows.
    if (readRun(world, run)?.undo_of !== undefined || world.cuts.has(run)) continue
    const before = reached.get(run) ?? 1
    if (step < before)
      world.violate(
        `I18 ${run} sends step ${step} of row ${row} at ${at.toFixed(0)}, after calls of step ${before}`,
      )
    reached.set(run, Math.max(step, before))
  }
}
