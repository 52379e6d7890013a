import type { Ours } from './evidence.ts'
import { readRun } from './reports.ts'
import type { World } from './world.ts'

/**
 * I18: by the order `step`, no call of a step leaves once one of a later step has left and was applied, over all
 * executions. A call that did nothing may have left before its turn, to see whether Okta refuses it. What is in a lost
 * part of a journal, no later execution knows, so the steps are counted afresh after each loss.
 */
export function checkSteps(world: World, ours: readonly Ours[]): void {
  if (world.scenario.order !== 'step' || world.scenario.steps === null) return
  const applied = new Set(ours.map(({ by }) => nameOf(by)))
  const reached = new Map<string, number>()
  for (const departed of world.departures) {
    const { run, row, step, at } = departed
    // An undo goes back, user by user.
    if (readRun(world, run)?.undo_of !== undefined) continue
    const losses = world.cuts.get(run)?.filter((time) => time < at).length ?? 0
    const since = `${run} ${losses}`
    const before = reached.get(since) ?? 1
    if (step < before)
      world.violate(
        `I18 ${run} sends step ${step} of row ${row} at ${at.toFixed(0)}, after calls of step ${before}`,
      )
    if (applied.has(nameOf(departed))) reached.set(since, Math.max(step, before))
  }
}

/** After a loss, another process may use the number of a lost attempt again. */
function nameOf({ run, row, step, attempt, pid }: Ours['by']): string {
  return `${run} ${row} ${step} ${attempt} ${pid}`
}
