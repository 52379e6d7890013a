import type { Ours } from './evidence.ts'
import type { Report } from './play.ts'
import type { World } from './world.ts'

const refusedByOkta = 4

/**
 * I21: a process that stops because the token may not do the work fails nobody whose call was refused after its last
 * accepted one had left.
 */
export function checkPermission(world: World, reports: readonly Report[], ours: readonly Ours[]): void {
  for (const { pid, exitCode, endedAt } of world.processes) {
    if (exitCode !== refusedByOkta) continue
    const accepted = Math.max(0, ...ours.map((one) => (one.by.pid === pid ? leftAt(world, one) : 0)))
    for (const { run, row, step, at } of world.forbidden.filter((one) => one.pid === pid)) {
      // Another process may have gone on with the run at once, and have written its reports over those of this one.
      const isItsOwn = (report: Report): boolean => world.store !== null || report.at <= endedAt
      const after = reports.find((report) => report.run === run && report.at > at && isItsOwn(report))
      const task = after?.tasks.find((one) => one.row === row && one.step === step)
      // A look after a call that was refused for another reason may be refused as well.
      const [code] = /E\d{7}/.exec(task?.message ?? '') ?? []
      if (at > accepted && task?.result === 'failed' && code === 'E0000006')
        world.violate(
          `I21 row ${row} step ${step} of ${run} has failed (${task.message}), though the token was refused after ${accepted.toFixed(0)}`,
        )
    }
  }
}

/** When a call left that Okta accepted, as its process knew; 0 if it did not. */
function leftAt(world: World, { by, answeredAt }: Ours): number {
  if (answeredAt === null) return 0
  const left = world.departures.findLast(
    ({ run, row, step, attempt, pid }) =>
      run === by.run && row === by.row && step === by.step && attempt === by.attempt && pid === by.pid,
  )
  return left?.at ?? 0
}
