import { expect, it } from 'vitest'
import { shownState } from '../../src/cli/run-state.ts'

it.each([
  ['running', 'working', 'working'],
  ['running', 'free', 'died'],
  ['running', 'elsewhere', 'running'],
  ['interrupted', 'working', 'working'],
  ['interrupted', 'free', 'interrupted'],
  ['finished', 'free', 'finished'],
  // Reports are written again, an undo asks its question, or the run is being removed.
  ['finished', 'working', 'finished'],
  ['closed', 'working', 'closed'],
] as const)('a run that is %s, and whose hold is %s, is shown as %s', (state, kind, shown) => {
  expect(shownState({ state }, { kind } as never)).toBe(shown)
})
