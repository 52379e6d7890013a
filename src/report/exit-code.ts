import { exitCodes } from '../messages/known-error.ts'
import type { SkipReason } from '../rules/result.ts'
import type { ResultTotals } from './totals.ts'

/**
 * The exit status of a finished run: 0, or 1 if something failed, is in doubt, was skipped for an unexpected reason, or
 * can't be taken back by an undo, or if an activation link is lost.
 * A run that stopped has the exit status of its reason.
 */
export function exitCodeOf(
  totals: Pick<ResultTotals, 'results' | 'excused' | 'skipped' | 'lostLinks'>,
  expectedSkips: ReadonlySet<SkipReason>,
  notUndone: readonly string[] = [],
): typeof exitCodes.done | typeof exitCodes.someoneMustLook {
  const { results, excused } = totals
  const expected = [...expectedSkips].reduce((sum, reason) => sum + totals.skipped[reason], 0)
  // The expected skips are compared with all skipped tasks, so that a skip without a reason never counts as expected.
  const mustLook =
    results.failed > excused ||
    results.in_doubt > 0 ||
    results.unsettled > 0 ||
    results.not_run > 0 ||
    results.skipped > expected ||
    totals.lostLinks > 0 ||
    notUndone.length > 0
  return mustLook ? exitCodes.someoneMustLook : exitCodes.done
}
