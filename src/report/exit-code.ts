import { exitCodes } from '../messages/known-error.ts'
import type { SkipReason } from '../rules/result.ts'
import type { ResultTotals } from './totals.ts'

/**
 * The exit status of a run that finished: 0, or 1 where something failed, is in doubt, or was skipped for a reason
 * that is not an expected one. What was not run is judged by why the run stopped, not here.
 */
export function exitCodeOf(
  totals: Pick<ResultTotals, 'results' | 'skipped'>,
  expectedSkips: ReadonlySet<SkipReason>,
): typeof exitCodes.done | typeof exitCodes.someoneMustLook {
  const { results } = totals
  const expected = [...expectedSkips].reduce((sum, reason) => sum + totals.skipped[reason], 0)
  // Against the count of all skipped, so that a skip without a reason is never taken for an expected one.
  const mustLook = results.failed > 0 || results.in_doubt > 0 || results.skipped > expected
  return mustLook ? exitCodes.someoneMustLook : exitCodes.done
}
