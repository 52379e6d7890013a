import type { RefOf } from './evidence.ts'
import { firstOf } from './reports.ts'
import type { RowSpec, Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** What the program says where the input names too many users. */
export const tooManyUsers = 'max_users allows only'

/**
 * I34: nothing is sent for an input that names more users than the job allows, before a person lets them pass; and one that
 * names fewer is not stopped.
 */
export function checkTooMany(world: World, refOf: RefOf): void {
  const { scenario, departures, letAllAt, processes } = world
  const { users } = scenario.bounds
  if (users === null) return
  if (fewestKeys(scenario) > users) {
    const early = departures.find(
      ({ run, row, at }) =>
        firstOf(world, run) === 'r1' &&
        scenario.rows.some(({ ref }) => ref === refOf(run, row)) &&
        at < (letAllAt ?? Number.POSITIVE_INFINITY),
    )
    if (early !== undefined)
      world.violate(`I34 ${early.action} was sent for ${early.key}, though only ${users} users are allowed`)
  }
  const keys = new Set(scenario.rows.map(({ user }) => user)).size
  const stopped = processes.find(({ output }) => output.join('').includes(tooManyUsers))
  if (keys <= users && stopped?.command.endsWith(' r1') === true)
    world.violate(`I34 ${stopped.pid} does not let ${keys} users pass, though ${users} are allowed`)
}

/** How many users the input names at the least: those of rows that are certainly to be acted on. */
function fewestKeys(scenario: Scenario): number {
  // This one looks like the header of another table, and nobody below it is acted on.
  if (scenario.rows.some(({ user }) => user === 'user 1')) return 0
  const isCertain = ({ bad, isNobody, selected, dueMs, user }: RowSpec): boolean =>
    bad === null &&
    !isNobody &&
    selected &&
    (dueMs === null || dueMs < -5_000) &&
    (scenario.shortNames || user.includes('@') || user.startsWith('00u'))
  return new Set(scenario.rows.filter(isCertain).map(({ id }) => id)).size
}
