import type { Report } from './play.ts'
import type { World } from './world.ts'

/** I17: once a process has the answers that show one failure too many, no call leaves it. */
export function checkBounds(world: World, reports: readonly Report[]): void {
  const { maxFailures: most, goesOn } = world.scenario
  if (most === null) return
  const hasFailed = new Set(
    reports.flatMap(({ run, tasks }) =>
      // What was tried more than once may be in doubt, and is judged when it ends.
      tasks.flatMap(({ row, step, result, attempts }) =>
        result === 'failed' && attempts === 1 && !goesOn.includes(step) ? [`${run} ${row} ${step}`] : [],
      ),
    ),
  )
  for (const { pid, bearsAll } of world.processes) {
    if (bearsAll) continue
    const failures = world.refusals.filter(
      (one) => one.pid === pid && hasFailed.has(`${one.run} ${one.row} ${one.step}`),
    )
    const passedAt = failures[most]?.at
    if (passedAt === undefined) continue
    const late = world.departures.find((one) => one.pid === pid && one.at > passedAt)
    if (late !== undefined)
      world.violate(
        `I17 ${pid} sends ${late.action} for ${late.key} at ${late.at.toFixed(0)}, though ${most + 1} tasks had failed by ${passedAt.toFixed(0)}`,
      )
  }
}
