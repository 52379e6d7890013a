import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Proofs that need many processes, full disks, lost networks or long waits: `npm run test:slow`. */
const slow = 'test/**/*.slow.test.ts'

/** Histories of a simulated world: part of `npm test`. */
const simulation = 'test/simulation/*.test.ts'

/** The page of a report in a real browser: `npm run test:browser`. */
const browser = 'test/browser/*.test.ts'

/** One and a half files a processor: such a proof waits for a third of its time or more. The command line sets it for no project. */
const halfMore = Math.ceil(1.5 * availableParallelism())

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    // All processors, also in a single run: much of the time is spent waiting for processes and answers.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [slow, simulation, browser],
        },
      },
      // A world of its own: what other tests have mocked must not reach it.
      { extends: true, test: { name: 'simulation', include: [simulation] } },
      // Long enough for a machine that others use too: most of the time goes to starting processes.
      { extends: true, test: { name: 'slow', include: [slow], testTimeout: 180_000, maxWorkers: halfMore } },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browser],
          expect: { poll: { timeout: 10_000 } },
          globalSetup: ['test/browser/setup.ts'],
        },
      },
    ],
  },
})
