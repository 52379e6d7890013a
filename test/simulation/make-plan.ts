import { startPlan } from './program.ts'
import type { Scenario } from './scenario.ts'
import { home, type World } from './world.ts'

const mostSteps = 150_000

/** Plans the first run. Afterwards others change some of the users. Returns the plan's path; null if there is none. */
export async function makePlan(
  world: World,
  input: string,
  changes: NonNullable<Scenario['planned']>,
): Promise<string | null> {
  const { time, org, files, changedSincePlan } = world
  const path = `${home}/plan.json`
  const planning = startPlan(world, input, path)
  if ((await time.runUntil(() => planning.ended, mostSteps)) !== 'done') world.violate('I12 plan hangs')
  // A plan that stopped is none, and the input is run without one.
  if (files.read(path) === null) return null
  let changed = false
  // Okta shows whole seconds: sooner, nobody could see the change.
  time.plan(3_000, null, () => {
    for (const { user, action } of changes) {
      const before = org.applied.length
      org.byOthers(user, action)
      if (org.applied.length > before) changedSincePlan.add(user)
    }
    changed = true
  })
  await time.runUntil(() => changed, mostSteps)
  return path
}
