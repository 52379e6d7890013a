import { readRun } from './reports.ts'
import { home, type World } from './world.ts'

/** What a saved plan says of a task. */
interface PlannedTask {
  readonly row: number
  readonly step: number
  readonly expected: string
}

/**
 * I15: a run by a saved plan sends nothing that the plan did not expect to be sent, and nothing to a user whom somebody
 * else has changed since.
 */
export function checkPlanned(world: World): void {
  const bytes = world.files.read(`${home}/plan.json`)
  if (bytes === null) return
  const { rows } = JSON.parse(bytes.toString('utf8')) as { readonly rows: readonly PlannedTask[] }
  const sending = rows.filter(({ expected }) => expected === 'succeeded' || expected === 'unknown')
  const tasks = new Set(sending.map(({ row, step }) => `${row} ${step}`))
  for (const { run, row, step, key, action, at } of world.departures) {
    if (readRun(world, run)?.plan === undefined) continue
    if (!tasks.has(`${row} ${step}`))
      world.violate(`I15 ${action} was sent for row ${row}, step ${step}, which the plan does not send`)
    if (world.changedSincePlan.has(key) && !looksLikeOurs(world, run, key, at))
      world.violate(`I15 ${action} was sent for ${key}, whom somebody else has changed since the plan`)
  }
}

/** Three users are the fewest of whom an old input is known. */
export const fewestKnown = 3

/** I16: nothing is sent for an old input before a person lets it pass. */
export function checkUnusual(world: World): void {
  const { scenario, acceptedAt, departures } = world
  // Of fewer users nobody knows an old input; a scenario that was shrunk may have them.
  const isKnown = new Set(scenario.rows.map(({ user }) => user.toLowerCase())).size >= fewestKnown
  for (const { run, at, action, key } of departures) {
    if (!goesBackTo(world, run, 'r1')) continue
    if (scenario.past === 'old' && isKnown && (acceptedAt === null || at < acceptedAt))
      world.violate(`I16 ${action} was sent for ${key} of an old input that nobody has let pass`)
  }
  if (scenario.past === 'usual' && readRun(world, 'r1')?.unusual !== undefined)
    world.violate('I16 an ordinary input was taken for an unusual one')
}

/** Whether a run is another one, or retries it. */
function goesBackTo(world: World, run: string, first: string): boolean {
  if (run === first) return true
  const before = readRun(world, run)?.retry_of
  return before !== undefined && goesBackTo(world, before, first)
}

/** Whether somebody's change is one that the run was to make as well, and may have made in a lost part of its journal. */
function looksLikeOurs(world: World, run: string, user: string, at: number): boolean {
  if (!(world.cuts.get(run) ?? []).some((cutAt) => cutAt <= at)) return false
  const others = world.org.applied.filter((one) => one.by === null && one.user === user && one.at <= at)
  return others.some(({ action }) =>
    world.scenario.rows.some((row) => row.id === user && row.action === action),
  )
}
