import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { catchBug } from './catch.ts'
import { aroundPlaces, editedBugs } from './edited-bugs.ts'
import { plantedBugs } from './planted-bugs.ts'
import { storeBugs, storeEdits } from './store-bugs.ts'

/** Enough for the bugs that show themselves soon. `npm run simulate -- --planted` looks for all of them. */
const fewSeeds = { first: 1, most: 40 }

describe('a planted bug breaks its invariant', () => {
  test.each([...plantedBugs, ...storeBugs].filter(({ rare }) => !rare))('$name', async (bug) => {
    const { seeds } = await catchBug(bug.breaks, bug, fewSeeds)
    expect(seeds).not.toBeNull()
  })
})

describe('a bug that is written into a file has its place there', () => {
  test.each([...editedBugs, ...storeEdits])('$name', (bug) => {
    const text = readFileSync(new URL(`../../src/${bug.file}.ts`, import.meta.url), 'utf8')
    expect(aroundPlaces(text, bug)).toHaveLength(2)
  })
})
