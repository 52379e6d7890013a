import { describe } from 'vitest'
import { StoreRows } from '../simulation/store-rows.ts'
import { memoryTables } from '../simulation/store-tables.ts'
import { testTables } from './tables-contract.ts'

describe('the tables in memory', () => {
  testTables(async () => {
    let now = Date.UTC(2026, 2, 2, 10)
    const tables = memoryTables({
      rows: new StoreRows(),
      now: () => now,
      ask: async (_what, effect) => effect(),
    })
    return {
      tables,
      pass: async (ms) => {
        now += ms
      },
    }
  })
})
