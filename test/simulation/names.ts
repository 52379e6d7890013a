import type { RefOf } from './evidence.ts'
import type { Report } from './play.ts'
import { firstOf } from './reports.ts'
import type { World } from './world.ts'

/**
 * I20: in a run and its retries, a key means one user; and a row of which was said that it means somebody else by now is
 * not sent any more, wherever it is fed.
 */
export function checkNames(world: World, reports: readonly Report[], refOf: RefOf): void {
  // What stood in the lost part of a journal is not known any more.
  if (!world.scenario.readFirst || world.cuts.size > 0) return
  const rows = new Map(world.scenario.rows.map((row) => [row.ref, row]))
  const meant = new Map<string, string>()
  for (const { run, row, at, key, action } of world.departures) {
    const written = rows.get(refOf(run, row))
    if (written === undefined) continue
    const name = `${firstOf(world, run)} ${written.id}`
    const before = meant.get(name) ?? key
    // An id stands for the user whose id it is. It shows whom the login stood for only as long as that user has it.
    if (written.user === written.id) {
      if (at < (world.inheritedAt.get(key) ?? Number.POSITIVE_INFINITY)) meant.set(name, before)
    } else if (before !== key)
      world.violate(`I20 ${action} was sent for ${key} (row ${row} of ${run}), whose key meant ${before}`)
    else meant.set(name, before)
  }
  for (const { run, at, tasks } of reports)
    for (const { row, message } of tasks) {
      if (!message.includes('now shows another user')) continue
      const ref = refOf(run, row)
      const later = world.departures.find((one) => one.at > at && refOf(one.run, one.row) === ref)
      if (later !== undefined)
        world.violate(
          `I20 row ${row} of ${run} means somebody else, and ${later.action} was sent for it in ${later.run}`,
        )
    }
}
