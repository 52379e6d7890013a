import { defineConfig } from 'vitest/config'

/** Proofs that need many processes, full disks, lost networks or long waits: `npm run test:slow`. */
const slow = 'test/**/*.slow.test.ts'

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    // All processors, also in a single run: much of the time is spent waiting for processes and answers.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: { name: 'quick', isolate: false, include: ['test/**/*.test.ts'], exclude: [slow] },
      },
      { extends: true, test: { name: 'slow', include: [slow] } },
    ],
  },
})
