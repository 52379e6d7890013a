import { expect, it } from 'vitest'
import type { JobStep } from '../../src/job/step.ts'
import { excusedSteps } from '../../src/rules/excused.ts'

const steps: readonly JobStep[] = [
  { action: 'suspend', if_failed: 'go_on' },
  { action: 'reset_factors', if_failed: 'stop' },
  { action: 'deactivate', if_failed: 'go_on' },
]

it.each([
  [['failed', 'succeeded', 'succeeded'], [1]],
  [['failed', 'succeeded', 'unchanged'], [1]],
  [['failed', 'failed', 'succeeded'], [1]],
  [['failed', 'succeeded', 'failed'], []],
  [['failed', 'succeeded', 'in_doubt'], []],
  [['failed', 'succeeded', null], []],
  [['skipped', 'succeeded', 'succeeded'], []],
  [['in_doubt', 'succeeded', 'succeeded'], []],
] as const)('of %j excuses %j', (results, excused) => {
  expect(excusedSteps(results, steps)).toEqual(excused)
})

it('excuses nothing without steps', () => {
  expect(excusedSteps(['failed', 'succeeded'], null)).toEqual([])
})
