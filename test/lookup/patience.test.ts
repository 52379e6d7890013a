import { expect, it } from 'vitest'
import { OktaPatience } from '../../src/lookup/patience.ts'

it('counts the silence from when the first request left that nobody answered', () => {
  let now = 0
  const patience = new OktaPatience(() => now)
  patience.asked()
  now = 30_000
  patience.asked()
  // A request that hangs has been silent for as long as it was waited for.
  expect(patience.failed()).toBe(30_000)
  now = 46_000
  expect(patience.failed()).toBe(46_000)
  patience.heard()
  // Nothing was asked since: a run that waits for its budget is not met with silence.
  now = 200_000
  patience.asked()
  now = 201_000
  expect(patience.failed()).toBe(1_000)
})

it('begins with the failure where no request is known of', () => {
  let now = 5_000
  const patience = new OktaPatience(() => now)
  expect(patience.failed()).toBe(0)
  now = 7_000
  expect(patience.failed()).toBe(2_000)
  expect(patience.fresh().failed()).toBe(0)
})
