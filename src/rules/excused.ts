import { goesOn, type JobStep } from '../job/step.ts'

/**
 * The failed steps of a row, from 1, that the job allows to fail (`if_failed: go_on`), if the row's last step succeeded
 * or was unchanged. Nobody needs to look at them, and no retry does them again.
 *
 * @param results the results of all tasks of the row, by step
 * @param steps null if the job has none
 */
export function excusedSteps(
  results: readonly (string | null)[],
  steps: readonly JobStep[] | null,
): readonly number[] {
  const last = results.at(-1)
  if (steps === null || (last !== 'succeeded' && last !== 'unchanged')) return []
  return results.flatMap((result, index) =>
    result === 'failed' && goesOn(steps, index + 1) ? [index + 1] : [],
  )
}
