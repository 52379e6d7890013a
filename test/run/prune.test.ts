import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isResumable, runStates } from '../../src/run/life.ts'
import { judgePruning, keptPerJob, type Prunable } from '../../src/run/prune.ts'
import type { RunFile } from '../../src/run/run-file.ts'

const now = Date.parse('2026-03-02T10:00:00.000Z')
const day = 86_400_000

/** As much of a run as pruning looks at. */
function prunable(index: number, facts: Partial<RunFile>, endedAt: number | null): Prunable {
  const run = {
    run_id: `r${index}`,
    created_at: new Date(now - (1_000 - index) * day).toISOString(),
    job: { name: 'nightly' },
    input: { format: 'csv', columns: ['user'] },
    org_url: 'https://example.okta.com',
    state: 'finished',
    ...facts,
  } as RunFile
  return { kind: 'run', name: `r${index}`, run, endedAt }
}

const runs = fc
  .array(
    fc.record({
      state: fc.constantFrom(...runStates),
      retry_of: fc.option(fc.nat(12), { nil: undefined }),
      closed_by: fc.option(fc.nat(12), { nil: undefined }),
      plan: fc.boolean(),
      from_job_file: fc.boolean(),
      age: fc.option(fc.integer({ min: -5, max: 200 })),
      damaged: fc.boolean(),
    }),
    { maxLength: 25 },
  )
  .map((drawn) =>
    drawn.map(({ state, retry_of, closed_by, plan, from_job_file, age, damaged }, index): Prunable => {
      if (damaged) return { kind: 'other', name: `r${index}`, why: 'it is damaged', names: [] }
      const facts: Partial<RunFile> = {
        state,
        from_job_file,
        ...(retry_of === undefined ? {} : { retry_of: `r${retry_of}` }),
        ...(closed_by === undefined ? {} : { closed_by: `r${closed_by}` }),
        ...(plan ? { plan: { id: 'p', sha256: 's' } } : {}),
      }
      return prunable(index, facts, age === null ? null : now - age * day)
    }),
  )

it('P1 to P5: removes no run that may still be needed', () => {
  fc.assert(
    fc.property(runs, (found) => {
      const judged = judgePruning(found, 90 * day, now)
      expect(judged.map(({ name }) => name)).toEqual(found.map(({ name }) => name))
      const removed = new Set(judged.flatMap(({ name, keep }) => (keep === null ? [name] : [])))
      const kept = new Set(judged.flatMap(({ name, keep }) => (keep === null ? [] : [name])))
      for (const one of found) {
        if (!removed.has(one.name)) continue
        if (one.kind === 'other') throw new Error('a run that nobody can read was removed')
        expect(isResumable(one.run.state)).toBe(false)
        expect(one.endedAt ?? now).toBeLessThanOrEqual(now - 90 * day)
        expect(one.run.plan).toBeUndefined()
        expect(kept.has(one.run.closed_by ?? '')).toBe(false)
      }
      // What is removed together goes as a whole.
      for (const { keep, together } of judged)
        if (keep === null) for (const name of together) expect(kept.has(name)).toBe(false)
      for (const one of found) {
        if (one.kind === 'other') continue
        for (const other of [one.run.retry_of, one.run.closed_by])
          if (kept.has(one.name)) expect(removed.has(other ?? '')).toBe(false)
      }
      const ofJob = found.filter((one) => one.kind === 'run' && one.run.from_job_file === true)
      if (ofJob.length > 0) expect(ofJob.some(({ name }) => kept.has(name))).toBe(true)
    }),
  )
})

it('P5: keeps the latest runs of each kind, by which the next input is judged', () => {
  const ofJob = (index: number, due_users: number): Prunable =>
    prunable(
      index,
      {
        from_job_file: true,
        input_passed: true,
        input: { format: 'csv', columns: ['user'], due_users, user_sample: { hashes: [], whole: true } },
      } as unknown as Partial<RunFile>,
      now - 200 * day,
    )
  // Nights with users, long before many nights without any.
  const found = Array.from({ length: 40 }, (_, index) => ofJob(index, index < 6 ? 2 : 0))
  const kept = judgePruning(found, 90 * day, now).flatMap(({ name, keep }) => (keep === null ? [] : [name]))
  expect(kept.slice(0, 6)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5'])
  expect(kept).toHaveLength(6 + keptPerJob)
})

it.each([
  ['the one before it is gone', { retry_of: 'r1' }],
  ['it names all before it', { earlier_runs: ['r0', 'r1'] }],
])('P3: keeps a run with a later one of its chain, when the one in between is gone and %s', (_, link) => {
  const first = prunable(0, { state: 'closed', closed_by: 'r1' }, now - 200 * day)
  for (const state of ['finished', 'interrupted'] as const) {
    const last = prunable(2, { state, ...link }, now - (state === 'finished' ? day : 199 * day))
    const judged = judgePruning([first, last], 90 * day, now)
    expect(judged.map(({ keep }) => keep)).toEqual([
      'it is linked to run r2, which is kept',
      expect.any(String),
    ])
  }
  // What can't be removed names its runs as well: a copy of the first, and a later one that is damaged.
  for (const other of [
    { name: 'r0-copy', names: ['r0'] },
    { name: 'r2', names: ['r2', 'r1', 'r0'] },
  ])
    expect(judgePruning([first, { kind: 'other', why: 'it is odd', ...other }], 90 * day, now)[0]?.keep).toBe(
      `it is linked to run ${other.name}, which is kept`,
    )
  // The later one shows that the first is an older copy.
  const copy = prunable(0, { state: 'interrupted' }, now - 200 * day)
  const last = prunable(2, { state: 'finished', retry_of: 'r1', earlier_runs: ['r0', 'r1'] }, now - 199 * day)
  expect(judgePruning([copy, last], 90 * day, now)[1]?.keep).toBe('it is linked to run r0, which is kept')
})

it('removes what is old enough and needed by nothing', () => {
  const found = [
    prunable(0, {}, now - 90 * day),
    prunable(1, {}, now - 90 * day + 1),
    prunable(2, { state: 'closed', closed_by: 'r3' }, now - 200 * day),
    prunable(3, { retry_of: 'r2' }, now - 199 * day),
  ]
  expect(judgePruning(found, 90 * day, now)).toEqual([
    { name: 'r0', keep: null, together: ['r0'] },
    { name: 'r1', keep: 'it is not old enough', together: ['r1'] },
    { name: 'r2', keep: null, together: ['r2', 'r3'] },
    { name: 'r3', keep: null, together: ['r2', 'r3'] },
  ])
})
