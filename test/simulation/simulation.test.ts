import { expect, test } from 'vitest'
import { play } from './play.ts'
import { drawScenario } from './scenario.ts'

test('no history breaks an invariant', async () => {
  const broken: string[] = []
  for (let seed = 1; seed <= 3; seed++) {
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
