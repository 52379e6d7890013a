import { expect, it } from 'vitest'
import { WorkSeen } from '../../src/engine/work-seen.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import type { RunFile } from '../../src/run/run-file.ts'
import { resultOf } from '../journal/support.ts'

const calls = '/api/v1/users'
const reads = '/api/v1/users/{id}'

function seenOf(input: Partial<RunFile['input']>): {
  seen: WorkSeen
  state: JournalState
  end: (...more: object[]) => void
} {
  const seen = new WorkSeen({ input: { rows: 100, tasks: 100, users: 100, ...input } } as RunFile)
  const state = new JournalState(1)
  const end = (...results: object[]): void => {
    for (const more of results) {
      const result = resultOf(state.done + 1, more)
      seen.see(result)
      state.apply({ event: 'result', ...result }, { offset: 0, length: 0 })
    }
  }
  return { seen, state, end }
}

const skipped = (reason: string): object => ({ result: 'skipped', reason, attempts: 0, http_status: null })
const unchanged = { result: 'unchanged', attempts: 0, http_status: 200 }

it('expects of the tasks that are left what the others have cost', () => {
  const { seen, state, end } = seenOf({})
  expect(seen.shareOf(calls, state)).toBe(1)
  end({}, unchanged, unchanged, unchanged)
  expect([seen.shareOf(calls, state), seen.shareOf(reads, state)]).toEqual([0.25, 1])
})

it('knows beforehand how many are duplicates or not due', () => {
  const { seen, state, end } = seenOf({ repeated_rows: 20, users: 80, due_users: 20 })
  expect(seen.shareOf(calls, state)).toBeCloseTo(0.2)
  end({}, skipped('duplicate'), skipped('not_due'), {})
  // 20 calls in all, two of them made, and 96 tasks are left.
  expect(seen.shareOf(calls, state)).toBeCloseTo(18 / 96)
  expect(seen.shareOf(reads, state)).toBeCloseTo(18 / 96)
})

it('expects nothing once all are done', () => {
  const { seen, state, end } = seenOf({ rows: 1, tasks: 1, users: 1 })
  end({})
  expect(seen.shareOf(calls, state)).toBe(0)
})
