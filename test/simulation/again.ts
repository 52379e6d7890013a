import { inputName } from './input.ts'
import type { Report } from './play.ts'
import { startRun } from './program.ts'
import { isExcused, readRun } from './reports.ts'
import { home, type World } from './world.ts'

const nextNight = 'n1'
const mostSteps = 60_000

/**
 * I19: a night on which nothing is said to have changed sends nothing, and follows on a run of the same input that did
 * everything that is due. Where something has changed, Okta refuses the run, so that nothing is done twice.
 */
export async function playAgain(world: World, reports: readonly Report[]): Promise<void> {
  const { scenario, org, disk, time } = world
  disk.state = 'well'
  org.forbids = () => true
  const night = startRun(world, `${home}/${inputName(scenario)}`, nextNight, undefined, true)
  if ((await time.runUntil(() => night.ended, mostSteps)) !== 'done') {
    world.violate('I12 the next night hangs')
    return
  }
  if (night.exitCode !== 0 || readRun(world, nextNight) !== null) return
  if (night.departed > 0) world.violate('I19 nothing is said to have changed, after requests')
  const now = time.now + world.wallOffset
  const tasks = latestOf(world, reports)?.tasks ?? []
  // Whose holds somebody has removed may have begun to go on just as the run ended, and have taken its reports away.
  if (tasks.length === 0 && world.holdsRemovedAt === null)
    world.violate('I19 nothing is said to have changed, and no run was reported')
  for (const { row, step, result, message } of tasks) {
    const dueMs = scenario.rows[row - 1]?.dueMs ?? null
    if (!['succeeded', 'unchanged', 'skipped'].includes(result) && !isExcused(scenario, tasks, { row, step }))
      world.violate(`I19 nothing is said to have changed, though row ${row} is ${result}`)
    if (
      result === 'skipped' &&
      /not due/.test(message) &&
      dueMs !== null &&
      now >= scenario.orgClockMs + dueMs
    )
      world.violate(`I19 nothing is said to have changed, though row ${row} has become due`)
  }
}

/** The last report of the run that was begun last: a retry takes over the rows of the run before it. */
function latestOf(world: World, reports: readonly Report[]): Report | undefined {
  const begunAt = ({ run }: Report): string => readRun(world, run)?.created_at ?? ''
  return reports.toSorted((some, other) => begunAt(some).localeCompare(begunAt(other))).at(-1)
}
