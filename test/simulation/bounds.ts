import type { Report } from './play.ts'
import type { World } from './world.ts'

/** What a process knows of an answer within this time: a refusal is looked into first. */
const judgedWithinMs = 5_000

/** I17: once a process has the answers that show one failure too many, no call leaves it. */
export function checkBounds(world: World, reports: readonly Report[]): void {
  checkRate(world, reports)
  const { maxFailures: most } = world.scenario
  if (most === null) return
  const hasFailed = failedAtOnce(world, reports)
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

/** The same where the job bears a part of the tasks, once 50 of them have ended. */
function checkRate(world: World, reports: readonly Report[]): void {
  const rate = world.scenario.bounds.failureRate
  if (rate === null) return
  const hasFailed = failedAtOnce(world, reports)
  for (const { pid, bearsAll } of world.processes) {
    if (bearsAll) continue
    const failures = world.refusals
      .filter((one) => one.pid === pid && hasFailed.has(`${one.run} ${one.row} ${one.step}`))
      .map(({ at }) => at)
    const successes = world.org.applied.flatMap(({ by, answeredAt }) =>
      by?.pid === pid && answeredAt !== null ? [answeredAt] : [],
    )
    for (const { at, action, key } of world.departures.filter((one) => one.pid === pid)) {
      const failed = countBefore(failures, at - judgedWithinMs)
      const ended = failed + countBefore(successes, at - judgedWithinMs)
      // Whatever of the last answers it knows by now, too many have failed.
      if (ended >= 50 && failed > rate * (failed + countBefore(successes, at)))
        world.violate(
          `I17 ${pid} sends ${action} for ${key} at ${at.toFixed(0)}, though ${failed} of ${ended} tasks had failed`,
        )
    }
  }
}

function countBefore(times: readonly number[], moment: number): number {
  return times.filter((time) => time < moment).length
}

/** The tasks that failed with their only attempt, by run, row and step; not those whose failure the job allows. */
function failedAtOnce({ scenario }: World, reports: readonly Report[]): ReadonlySet<string> {
  return new Set(
    reports.flatMap(({ run, tasks }) =>
      // What was tried more than once may be in doubt, and is judged when it ends.
      tasks.flatMap(({ row, step, result, attempts }) =>
        result === 'failed' && attempts === 1 && !scenario.goesOn.includes(step)
          ? [`${run} ${row} ${step}`]
          : [],
      ),
    ),
  )
}
