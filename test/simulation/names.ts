import { foldLogin } from '../../src/okta/user.ts'
import type { RefOf } from './evidence.ts'
import type { Report } from './play.ts'
import { readRun } from './reports.ts'
import type { World } from './world.ts'

/**
 * I20: in a run and its retries, a key means one user; and a row of which was said that it means somebody else by now is
 * not sent any more, wherever it is fed.
 */
export function checkNames(world: World, reports: readonly Report[], refOf: RefOf): void {
  // What stood in the lost part of a journal is not known any more.
  if (!world.scenario.readFirst || world.cuts.size > 0) return
  const keys = new Map(world.scenario.rows.map(({ ref, user }) => [ref, foldLogin(user)]))
  const meant = new Map<string, string>()
  for (const { run, row, key, action } of world.departures) {
    const written = keys.get(refOf(run, row))
    if (written === undefined) continue
    const name = `${firstOf(world, run)} ${written}`
    const before = meant.get(name) ?? key
    meant.set(name, before)
    if (before !== key)
      world.violate(`I20 ${action} was sent for ${key} (row ${row} of ${run}), whose key meant ${before}`)
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

/** The run at the beginning of a chain of retries. */
function firstOf(world: World, run: string): string {
  const before = readRun(world, run)?.retry_of
  return before === undefined ? run : firstOf(world, before)
}
