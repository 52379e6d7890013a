import type { RefOf } from './evidence.ts'
import type { Report } from './play.ts'
import { failedRefs, isExcused, type ReportedTask, readReports, readRun, refsOf } from './reports.ts'
import type { World } from './world.ts'

/**
 * I31: nobody is lost between two runs: a retry takes up every row of which something failed, is in doubt or was not run,
 * and `failed.csv` has every such row that stands for itself.
 */
export function checkHandedOn(world: World, reports: readonly Report[], refOf: RefOf): void {
  if (world.cuts.size > 0 || world.scenario.heirs.length > 0 || world.store !== null) return
  const latest = new Map(reports.map((report) => [report.run, report]))
  for (const { run, tasks, isCutOff } of latest.values()) {
    const { undo_of: undone, closed_by: next, plan } = readRun(world, run) ?? {}
    // An execution that was cut off since has removed the reports of the one before.
    if (isCutOff || readReports(world, run) === null || undone !== undefined) continue
    const leftIn = (isLeft: (task: ReportedTask) => boolean): ReadonlySet<string> =>
      new Set(
        tasks
          .filter((task) => isLeft(task) && !isExcused(world.scenario, tasks, task))
          .map(({ row }) => refOf(run, row)),
      )
    const taker = next === undefined ? null : readRun(world, next)
    if (next !== undefined && taker?.retry_of === run) {
      const taken = new Set(refsOf(world, next).values())
      for (const ref of leftIn(isOpen))
        if (!taken.has(ref)) world.violate(`I31 ${next} does not take up ${ref} of ${run}`)
    }
    if (next !== undefined || plan !== undefined) continue
    const offered = failedRefs(world, run)
    // What may have been applied, and then taken back by somebody else, is not to be done again unseen.
    for (const ref of leftIn(isUndone))
      if (!offered.has(ref) && standsAlone(world, ref)) world.violate(`I31 failed.csv of ${run} lacks ${ref}`)
  }
}

function isUndone({ result }: ReportedTask): boolean {
  return result === 'not_run' || result === 'failed'
}

function isOpen(task: ReportedTask): boolean {
  return isUndone(task) || task.result === 'in_doubt'
}

/** Whether no other row means the user of a row, which has one action that the status shows. */
function standsAlone({ scenario }: World, ref: string): boolean {
  const { rows, steps } = scenario
  const row = rows.find((one) => one.ref === ref)
  if (row === undefined || steps !== null) return false
  const isShown = row.action !== 'reactivate' && row.action !== 'reset_factors'
  return isShown && rows.filter(({ id }) => id === row.id).length === 1
}
