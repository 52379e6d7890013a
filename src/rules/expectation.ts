/** How a plan expects a task to end; `unknown` if only the run can show it. */
export const expectations = ['succeeded', 'unchanged', 'failed', 'skipped', 'unknown'] as const
export type Expectation = (typeof expectations)[number]

/** Whether a task with this expectation may send its call. */
export function wouldSend(expected: Expectation): boolean {
  return expected === 'succeeded' || expected === 'unknown'
}
