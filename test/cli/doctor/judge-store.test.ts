import { expect, it } from 'vitest'
import { judgeStore } from '../../../src/cli/doctor/judge-store.ts'
import type { StoreObservation } from '../../../src/cli/doctor/observe-store.ts'
import { KnownError } from '../../../src/messages/known-error.ts'

const shown = 'postgres://db.example.com/lifecycle'
const good = { kind: 'found', off: [], isStandby: false, hasTables: true, isPrivate: true, free: 90 } as const

function problems(found: StoreObservation): readonly string[] {
  return judgeStore(shown, found).flatMap(({ ok, message, fix }) => (ok ? [] : [`${message} → ${fix}`]))
}

it('finds nothing wrong with a store that answers and commits synchronously', () => {
  expect(judgeStore(shown, good)).toEqual([expect.objectContaining({ name: 'store', ok: true })])
})

it.each([
  [
    'commits without waiting',
    { ...good, off: ['synchronous_commit = off'] },
    /synchronous_commit = off.*Set synchronous_commit = on/,
  ],
  ['is a standby', { ...good, isStandby: true }, /is a standby.*Name the primary/],
  ['lets this user create no tables', { ...good, hasTables: false }, /may not create them.*GRANT CREATE/],
  ['is reached in the clear', { ...good, isPrivate: false }, /not encrypted.*sslmode=verify-full/],
  ['has no connection to spare', { ...good, free: 2 }, /2 free connections.*max_connections/],
  [
    'does not answer',
    { kind: 'failed', error: new KnownError('It is away.', 'Start it.', 3) },
    /It is away\. → Start it\./,
  ],
] satisfies readonly (readonly [string, StoreObservation, RegExp])[])(
  'names a store that %s, with what to do',
  (_, found, told) => {
    expect(problems(found)).toEqual([expect.stringMatching(told)])
  },
)
