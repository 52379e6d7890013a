import { expect, it } from 'vitest'
import { blockOf, lineOf, type Shown } from '../../../src/cli/terminal/progress-lines.ts'
import { bucketReport } from '../../budget/bucket-report.ts'

const shown: Shown = {
  done: 1_234,
  tasks: 5_000,
  counts: new Map([
    ['succeeded', 1_200],
    ['in_doubt', 1],
    ['skipped', 33],
    ['skipped:duplicate', 33],
  ]),
  outlook: {
    per_minute: 148,
    in_flight: 5,
    eta_seconds: 1_530,
    waiting: { bucket: '/api/v1/users', why: 'share_used', until: '2026-03-02T10:00:09.000Z' },
  },
  buckets: [bucketReport({ inFlight: 5, leftNow: 12 })],
}

it('is a block of four lines that fit a terminal of 80 columns', () => {
  expect(blockOf(shown, 100)).toEqual([
    '█████░░░░░░░░░░░░░░░░░░░  1,234 of 5,000 tasks (24%)  ETA 25 min 30 s',
    '1,200 succeeded, 33 skipped, 1 in doubt, 148 a minute, 5 in flight',
    'Limit of 300 a window, 150 for this run, 12 left in this window',
    'Waiting until 10:00:09 UTC: this run has used its share of the limit (/api/v1/users)',
  ])
  for (const columns of [80, 40, 3]) {
    for (const line of blockOf(shown, columns)) expect(line.length).toBeLessThan(columns)
  }
})

it('is one line in a file', () => {
  expect(lineOf(shown)).toBe(
    '1,234 of 5,000 tasks (24%), 1,200 succeeded, 33 skipped, 1 in doubt, 148 a minute, 5 in flight, ETA 25 min 30 s, Waiting until 10:00:09 UTC: this run has used its share of the limit (/api/v1/users)',
  )
  const ended = { ...shown, done: 5_000, outlook: { ...shown.outlook, eta_seconds: 0, waiting: null } }
  expect(lineOf(ended)).not.toContain('ETA')
})
