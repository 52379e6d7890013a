import { exitCodes } from '../messages/known-error.ts'
import type { SkipReason } from '../rules/result.ts'
import type { ResultTotals } from './totals.ts'

/**
 * The exit status of a run that finished: 0, or 1 where something failed, is in doubt, or was skipped for a reason
 * that is not an expected one. A run that stopped has the exit status of its reason.
 */
export function exitCodeOf(
  totals: Pick<ResultTotals, 'results' | 'skipped'>,
  expectedSkips: ReadonlySet<SkipReason>,
): typeof exitCodes.done | typeof exitCodes.someoneMustLook {
  const { results } = totals
  const expected = [...expectedSkips].reduce((sum, reason) => sum + totals.skipped[reason], 0)
  // Against the count of all skipped, so that a skip without a reason is never taken for an expected one.
  const mustLook =
    results.failed > 0 ||
    results.in_doubt > 0 ||
    results.unsettled > 0 ||
    results.not_run > 0 ||
    results.skipped > expected
  return mustLook ? exitCodes.someoneMustLook : exitCodes.done
}
