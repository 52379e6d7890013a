import type { Ours } from './evidence.ts'
import type { Report } from './play.ts'
import type { World } from './world.ts'

const refusedByOkta = 4

/**
 * I21: a process that stops because the token may not do the work fails nobody whose call was refused after its last
 * accepted one had left. It may where Okta has shown somebody since, who makes the refused users the cause, and refuses
 * reads again after that.
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
      const isNewlyRefused = world.refusedReads.some((read) => read.pid === pid && read.shownAt > at)
      if (at > accepted && task?.result === 'failed' && code === 'E0000006' && !isNewlyRefused)
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

/**
 * I37: where Okta refuses to show anybody any more, nobody fails for that and no doubt is given up, if it has shown
 * somebody else of the run since that user's row was done. That user shows whether the token is the cause.
 */
export function checkLostReads(world: World, reports: readonly Report[], ours: readonly Ours[]): void {
  const { scenario } = world
  const [denial, another] = scenario.denials
  if (denial === undefined || another !== undefined || !scenario.readFirst) return
  // Okta says of nobody that there is no such user, which shows that the token may read.
  if (denial.users !== null || denial.what === 'send' || scenario.rows.some(({ isNobody }) => isNobody))
    return
  const since = denial.afterApplied === null ? 0 : ours[denial.afterApplied - 1]?.at
  if (since === undefined) return
  const [from, to] = [since + denial.fromMs, since + denial.toMs]
  for (const { run, row, step, pid, at } of world.forbidden) {
    const ended = world.processes.find((one) => one.pid === pid)?.endedAt ?? Number.POSITIVE_INFINITY
    // A world that is well again shows users.
    const isAnyoneShown = [...world.readAt].some(([who, time]) => who.startsWith(`${pid} `) && time > from)
    if (at <= from || ended >= to || isAnyoneShown) continue
    const after = reports.find((report) => report.run === run && report.at > at && report.at <= ended)
    const task = after?.tasks.find((one) => one.row === row && one.step === step)
    const isGivenUp = task?.result === 'failed' || task?.result === 'in_doubt'
    if (isGivenUp && task.message.includes('E0000006') && isAnyShown(after?.tasks ?? []))
      world.violate(
        `I37 row ${row} step ${step} of ${run} is ${task.result} (${task.message}), though Okta shows nobody`,
      )
  }
}

/** Whether a row is done whose user Okta has shown since, as far as a report tells. */
function isAnyShown(tasks: Report['tasks']): boolean {
  const others = new Set(tasks.filter((task) => !isShown(task)).map(({ row }) => row))
  return tasks.some(({ row }) => !others.has(row))
}

function isShown({ result, action }: Report['tasks'][number]): boolean {
  return (result === 'succeeded' || result === 'unchanged') && action !== 'deactivate'
}
