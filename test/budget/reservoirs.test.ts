import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createReservoirs } from '../../src/budget/reservoirs.ts'

describe('the reservoirs of one process', () => {
  it('gives what is available, whatever stood in the bucket before', async () => {
    const reservoirs = createReservoirs()
    let taken = 0
    for (const [available, count] of [
      [1, 1],
      [150, 10],
      [140, 140],
      [0 + 1, 1],
      [5, 2],
      [300, 300],
      [2, 1],
    ] as const) {
      await reservoirs.take('/api/v1/users', available, count)
      taken += count
    }
    expect(taken).toBe(455)
  })

  it('does not wait for the time of a clock that is set back', async () => {
    const clock = vi.spyOn(Date, 'now')
    onTestFinished(() => clock.mockRestore())
    const reservoirs = createReservoirs()
    clock.mockReturnValue(1_772_445_600_000)
    await reservoirs.take('/api/v1/users', 2, 1)
    clock.mockReturnValue(1_772_445_600_000 - 2 * 3_600_000)
    await reservoirs.take('/api/v1/users', 1, 1)
    await reservoirs.take('/api/v1/users', 5, 5)
  })

  it('keeps the buckets apart', async () => {
    const reservoirs = createReservoirs()
    await Promise.all([
      reservoirs.take('/api/v1/users', 1, 1),
      reservoirs.take('/api/v1/users/{id}', 10, 10),
      reservoirs.take('/api/v1/users/me', 1, 1),
    ])
    await expect(reservoirs.take('/api/v1/users', 3, 3)).resolves.toBeUndefined()
  })
})
