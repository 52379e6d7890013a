import { afterEach, expect, it, vi } from 'vitest'
import { Deadline } from '../../src/files/deadline.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it.each(['monotonic', 'wall'] as const)('passes by the %s clock alone', (which) => {
  const now = { monotonic: 1_000, wall: 1_700_000_000_000 }
  vi.spyOn(performance, 'now').mockImplementation(() => now.monotonic)
  vi.spyOn(Date, 'now').mockImplementation(() => now.wall)
  const deadline = new Deadline(10_000)
  now[which] += 9_999
  expect(deadline.passed).toBe(false)
  now[which] += 1
  expect(deadline.passed).toBe(true)
})

it('does not move away if the wall clock is set back', () => {
  const now = { monotonic: 1_000, wall: 1_700_000_000_000 }
  vi.spyOn(performance, 'now').mockImplementation(() => now.monotonic)
  vi.spyOn(Date, 'now').mockImplementation(() => now.wall)
  const deadline = new Deadline(10_000)
  now.wall -= 3_600_000
  now.monotonic += 10_000
  expect(deadline.passed).toBe(true)
})
