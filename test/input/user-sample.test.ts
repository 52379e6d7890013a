import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  actionsByUser,
  addToActions,
  noActions,
  type SampledUser,
  sampleSize,
  sampleUsers,
  sharedPart,
} from '../../src/input/user-sample.ts'
import { cases } from '../support/cases.ts'

function people(from: number, to: number): SampledUser[] {
  return Array.from({ length: to - from }, (_, index) => ({
    key: `user${from + index}@example.com`,
    actions: from + index,
  }))
}

it('a small input is in its sample whole, and compared exactly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 120 }), fc.integer({ min: 0, max: 120 }), (users, shift) => {
      const one = sampleUsers(people(0, users))
      const other = sampleUsers(people(shift, shift + 120))
      expect(one).toMatchObject({ whole: true, hashes: { length: users } })
      expect(sharedPart(one, other, 10)).toBe(Math.max(0, users - shift) / users)
    }),
    { numRuns: cases(50) },
  )
})

it('a large input is compared by a sample, right within a tenth', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 20_000 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      (users, percent, start) => {
        const kept = Math.floor((users * percent) / 100)
        const one = sampleUsers(people(start, start + users))
        const other = sampleUsers(people(start + users - kept, start + 2 * users - kept))
        expect(one.hashes).toHaveLength(sampleSize)
        expect(Math.abs((sharedPart(one, other, 10) ?? -1) - kept / users)).toBeLessThan(0.15)
      },
    ),
    { numRuns: cases(40) },
  )
})

it('does not depend on the order of the keys, nor on how often one is there', () => {
  const keys = people(0, 3_000)
  expect(sampleUsers([...keys].reverse())).toEqual(sampleUsers([...keys, ...keys]))
})

it('keeps what is done with each user beside the hash, also of a large input', () => {
  const all = sampleUsers(people(0, 3_000))
  const actions = actionsByUser(all)
  const alone = new Map(people(0, 3_000).flatMap((user) => [...actionsByUser(sampleUsers([user]))]))
  expect(actions.size).toBe(sampleSize)
  for (const [hash, done] of actions) expect(done).toBe(alone.get(hash))
  expect(new Set(actionsByUser({ hashes: all.hashes, whole: false }).values())).toEqual(new Set([null]))
})

it('tells actions and their order apart', () => {
  const after = (...rows: readonly (readonly string[])[]) => rows.reduce(addToActions, noActions)
  const all = [
    after(['suspend']),
    after(['unsuspend']),
    after(['suspend', 'deactivate']),
    after(['suspend'], ['unsuspend']),
    after(['unsuspend'], ['suspend']),
  ]
  expect(new Set(all).size).toBe(all.length)
  for (const one of all) expect(one).toBeLessThan(2 ** 16)
})

it('says nothing of too few users', () => {
  expect(sharedPart(sampleUsers(people(0, 9)), sampleUsers(people(0, 9)), 10)).toBeNull()
  // Of twenty users hardly one is among the smallest hashes of a hundred thousand.
  expect(sharedPart(sampleUsers(people(0, 20)), sampleUsers(people(0, 100_000)), 10)).toBeNull()
})
