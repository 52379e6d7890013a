import { expect, test } from 'vitest'
import { drawScenario } from './draw-scenario.ts'
import { play } from './play.ts'

/** More of them: `npm run simulate -- --seeds N`. */
const seeds = 500

test('no history breaks an invariant', { timeout: 900_000 }, async () => {
  const broken: string[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await play(drawScenario(seed))
    if (violations.length > 0) broken.push(`seed ${seed}: ${violations.join('; ')}`)
  }
  expect(broken).toEqual([])
})

test('the same seed gives the same history', async () => {
  const one = await play(drawScenario(11))
  const other = await play(drawScenario(11))
  expect(other.history).toEqual(one.history)
  expect(one.steps).toBeGreaterThan(100)
})
