import { duplicateSkip } from '../../src/rules/row-order.ts'
import type { Ours, RefOf } from './evidence.ts'
import type { Report } from './play.ts'
import { readRun } from './reports.ts'
import type { RowSpec } from './scenario.ts'
import type { World } from './world.ts'

/**
 * I26: nothing is sent for a row that asks for the same as its user's row before it, if that one was applied; and a row is
 * said to repeat another only if that is so. In an org where each name stands for one user.
 */
export function checkRepeats(
  world: World,
  reports: readonly Report[],
  ours: readonly Ours[],
  refOf: RefOf,
): void {
  const { heirs, steps, rows: specs } = world.scenario
  // What stood in the lost part of a journal is not known any more.
  if (heirs.length > 0 || world.cuts.size > 0) return
  const byRef = new Map(specs.map((row) => [row.ref, row]))
  const asksForSame = (one: RowSpec, other: RowSpec): boolean =>
    (steps !== null || one.action === other.action) && one.sendEmail === other.sendEmail
  for (const { run, tasks } of new Map(reports.map((report) => [report.run, report])).values()) {
    const applied = new Set(ours.filter(({ by }) => by.run === run).map(({ by }) => by.row))
    // A retry knows what was said of rows that it does not do again.
    const isRetry = readRun(world, run)?.retry_of !== undefined
    const said = new Map(tasks.map((task) => [task.row, task]))
    const last = new Map<string, { readonly row: number; readonly spec: RowSpec }>()
    for (const row of [...said.keys()].toSorted((one, other) => one - other)) {
      const spec = byRef.get(refOf(run, row))
      if (spec === undefined || spec.bad !== null || spec.isNobody || !spec.selected) continue
      // A row that is not due is nobody's preceding row.
      if (said.get(row)?.message.includes('not due') === true) continue
      const before = last.get(spec.id)
      last.set(spec.id, { row, spec })
      const isSame = before !== undefined && asksForSame(before.spec, spec)
      if (isSame && applied.has(before.row) && applied.has(row))
        world.violate(`I26 row ${row} of ${run} repeats row ${before.row}, and both were applied`)
      const isCalledRepeat = said.get(row)?.message.includes(duplicateSkip.message) === true
      const counts = before === undefined || said.get(before.row)?.result === 'succeeded'
      if (isCalledRepeat && !isSame && counts && !isRetry)
        world.violate(`I26 row ${row} of ${run} is said to repeat row ${before?.row ?? 'none'}`)
    }
  }
}
