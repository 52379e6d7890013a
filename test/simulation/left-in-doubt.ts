import type { Ours, RefOf } from './evidence.ts'
import type { Report } from './play.ts'
import { readRun } from './reports.ts'
import type { World } from './world.ts'

/**
 * Whether a retry has sent a call although the runs that it goes on from had left a later one in doubt. Who has changed the
 * user since then makes no difference: the change may be what keeps the doubt.
 */
export function goesBeforeDoubt(
  world: World,
  reports: readonly Report[],
  refOf: RefOf,
  sent: Ours,
  later: Ours,
): boolean {
  const ref = refOf(later.by.run, later.by.row)
  for (
    let run = readRun(world, sent.by.run)?.retry_of;
    run !== undefined;
    run = readRun(world, run)?.retry_of
  ) {
    const last = reports.findLast((report) => report.run === run && report.at <= sent.at)
    const told = last?.tasks.find((task) => task.step === later.by.step && refOf(last.run, task.row) === ref)
    if (told !== undefined) return told.result === 'in_doubt'
  }
  return false
}
