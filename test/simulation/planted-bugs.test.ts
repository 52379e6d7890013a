import { describe, expect, test } from 'vitest'
import { catchBug } from './catch.ts'
import { plantedBugs } from './planted-bugs.ts'

/** Enough for the bugs that show themselves soon. `npm run simulate -- --planted` looks for all of them. */
const fewSeeds = 40

describe('a planted bug breaks its invariant', () => {
  test.each(plantedBugs.filter(({ rare }) => !rare))('$name', async (bug) => {
    const { seeds } = await catchBug(bug, fewSeeds)
    expect(seeds).not.toBeNull()
  })
})
