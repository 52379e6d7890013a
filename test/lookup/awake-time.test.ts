import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AwakeTime } from '../../src/lookup/awake-time.ts'
import { OktaPatience, oktaPatienceMs } from '../../src/lookup/patience.ts'

it('leaves out each pause, and nothing else', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 4_999 }), fc.integer({ min: 5_000, max: 10_000_000 }))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let now = 100
      const awake = new AwakeTime(() => now)
      const begun = awake.now()
      let ran = 0
      for (const passed of steps) {
        now += passed
        if (passed < 5_000) ran += passed
        expect(awake.now() - begun).toBe(ran)
      }
    }),
  )
})

it('takes a time without ticks for none, where it begins anew', () => {
  let now = 0
  const awake = new AwakeTime(() => now)
  now = 60_000
  awake.begin()
  expect(awake.now()).toBe(60_000)
})

it('keeps a process that was paused from calling that an outage', () => {
  let now = 0
  const awake = new AwakeTime(() => now)
  const patience = new OktaPatience(() => awake.now())
  patience.asked()
  for (const passed of [1_000, 1_000, 10 * oktaPatienceMs]) {
    now += passed
    awake.now()
  }
  expect(patience.failed()).toBe(2_000)
})
