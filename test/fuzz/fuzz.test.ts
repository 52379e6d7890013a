import { expect, test } from 'vitest'
import { feed } from './attempt.ts'
import { targets } from './targets.ts'

/** More of them: `npm run fuzz -- --minutes 10`. */
const seeds = 60

test.each(targets)('the reader of $name keeps its promises whatever it reads', async (target) => {
  // A new beginning each time, so that runs of the tests add up; the break names its seed.
  const first = Date.now() % 1_000_000_000
  const { broken } = await feed(target, first, (fed) => fed >= seeds)
  expect(broken).toBeNull()
})
