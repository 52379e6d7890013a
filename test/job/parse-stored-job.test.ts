import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeJob } from '../../src/job/merge-job.ts'
import { parseStoredJob } from '../../src/job/parse-stored-job.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import { actionNames } from '../../src/okta/actions.ts'
import { userStatuses } from '../../src/okta/status.ts'

const stored = mergeJob(
  {
    name: 'a',
    steps: [
      { action: 'suspend', if_failed: 'stop' },
      { action: 'deactivate', if_failed: 'stop' },
    ],
  },
  { share: 0.25 },
  'csv',
)

function refusal(value: unknown): string {
  try {
    parseStoredJob(value)
  } catch (error) {
    if (error instanceof KnownError) return error.message
    throw error
  }
  throw new Error('expected a KnownError')
}

describe('parseStoredJob', () => {
  test('every job that can be merged comes back from its JSON', () => {
    const flags = fc.record({
      share: fc.double({ min: 0, minExcluded: true, max: 1, noNaN: true }),
      concurrency: fc.integer({ min: 1, max: 1000 }),
      action: fc.constantFrom(...actionNames, undefined),
      userColumn: fc.string({ minLength: 1 }),
      skipInvalid: fc.boolean(),
    })
    const guards = fc.record(
      {
        protect: fc.array(fc.string({ minLength: 1 })),
        only_status: fc.subarray([...userStatuses], { minLength: 1 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(flags, guards, (given, guard) => {
        const job = mergeJob({ name: 'a', guards: guard }, given, 'json')
        expect(parseStoredJob(JSON.parse(JSON.stringify(job)))).toEqual(job)
      }),
    )
  })

  test.each<[string, unknown, string]>([
    ['no object', null, 'job: keys with values was expected, but an empty value was found'],
    [
      'a key missing',
      { ...stored, order: undefined },
      'job.order: one of user, step was expected, but nothing was found',
    ],
    ['a key too many', { ...stored, token: 'x' }, 'job: one of the keys name, '],
    [
      'a value out of range',
      { ...stored, pace: { share: 3, concurrency: 1 } },
      'job.pace.share: a number of at most 1',
    ],
    ['an action not known', { ...stored, steps: ['purge'] }, 'job.steps[0]: one of activate, '],
    ['keys that conflict', { ...stored, action: 'unlock' }, 'job.steps: either action or steps was expected'],
    [
      'a guard without its read',
      { ...stored, read_first: false, guards: { ...stored.guards, protect: ['x'] } },
      'job.guards.protect: ',
    ],
  ])('%s is refused', (_, value, problem) => {
    expect(refusal(value)).toContain(`\n${problem}`)
  })

  test('every problem is named', () => {
    expect(refusal({ ...stored, name: 7, order: 'random' }).split('\n')).toHaveLength(3)
  })
})
