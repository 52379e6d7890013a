import { describe, expect, test } from 'vitest'
import type { JobFile } from '../../src/job/job.ts'
import { type JobFlags, mergeJob } from '../../src/job/merge-job.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import type { Action } from '../../src/okta/actions.ts'

function refusal(file: JobFile | null, flags: JobFlags): KnownError {
  try {
    mergeJob(file, flags, 'csv')
  } catch (error) {
    if (error instanceof KnownError) return error
    throw error
  }
  throw new Error('expected a KnownError')
}

/** What the input comes to where nobody says which rows count. */
const openInput = {
  check: null,
  where: null,
  due: null,
  short_names: false,
  header_line: null,
  sheet: null,
  hidden_rows: 'refuse',
  empty: 'ok',
}

function stepsOf(...actions: readonly Action[]): JobFile['steps'] {
  return actions.map((action) => ({ action, if_failed: 'stop' }))
}

describe('flags win over the job, the job over the defaults', () => {
  test('nothing said: the defaults', () => {
    expect(mergeJob(null, {}, 'jsonl')).toEqual({
      name: 'run',
      description: null,
      input: { format: 'jsonl', user_column: null, action_column: null, ...openInput },
      action: null,
      steps: null,
      order: 'user',
      options: { send_email: null, respond_async: false, in_doubt: 'keep' },
      pace: { share: 0.5, concurrency: 10 },
      guards: {
        max_users: null,
        max_percent: null,
        unusual: 'ask',
        max_failures: null,
        max_failure_rate: null,
        max_duration_seconds: null,
        protect: [],
        protect_groups: [],
        protect_admins: null,
        only_status: null,
      },
      report: { activation_links: null, byte_order_mark: false },
      read_first: true,
      skip_invalid: false,
      verify: { actions: 'deactivate', for_seconds: 60 },
      notify: null,
    })
  })

  const group = '00g1ab2cd3ef4gh5ij6k'
  const file: JobFile = {
    $schema: 'x',
    name: 'nightly',
    description: 'The changes of the day',
    input: { file: 'a.csv', format: 'json', user_column: 'login', action_column: 'what' },
    action: 'unlock',
    order: 'user',
    options: { send_email: true, respond_async: true, in_doubt: 'retry' },
    pace: { share: 0.25, concurrency: 4 },
    guards: {
      max_users: 7,
      max_percent: 2.5,
      max_failures: 2,
      max_failure_rate: 0.5,
      max_duration: 7200,
      protect_groups: [group, group],
      protect_admins: true,
    },
    read_first: false,
  }

  test('the job alone', () => {
    expect(mergeJob(file, {}, 'csv')).toEqual({
      name: 'nightly',
      description: 'The changes of the day',
      input: { format: 'csv', user_column: 'login', action_column: 'what', ...openInput },
      action: 'unlock',
      steps: null,
      order: 'user',
      options: { send_email: true, respond_async: true, in_doubt: 'retry' },
      pace: { share: 0.25, concurrency: 4 },
      guards: {
        max_users: 7,
        max_percent: 2.5,
        unusual: 'ask',
        max_failures: 2,
        max_failure_rate: 0.5,
        max_duration_seconds: 7200,
        protect: [],
        protect_groups: [group],
        protect_admins: true,
        only_status: null,
      },
      report: { activation_links: null, byte_order_mark: false },
      read_first: false,
      skip_invalid: false,
      verify: { actions: 'none', for_seconds: 60 },
      notify: null,
    })
  })

  test('what is verified: a deactivate where users are read, else what the job says', () => {
    const verifyOf = (verify: typeof file.verify, noRead = false) =>
      mergeJob({ name: 'a', action: 'deactivate', verify }, { noRead }, 'csv').verify
    expect(verifyOf(undefined)).toEqual({ actions: 'deactivate', for_seconds: 60 })
    expect(verifyOf(undefined, true).actions).toBe('none')
    expect(verifyOf(true, true)).toEqual({ actions: 'all', for_seconds: 60 })
    expect(verifyOf({ for: 90 })).toEqual({ actions: 'all', for_seconds: 90 })
    expect(verifyOf(false).actions).toBe('none')
  })

  test('every flag over the job', () => {
    const flags: Required<JobFlags> = {
      name: 'tonight',
      userColumn: 'mail',
      actionColumn: 'do',
      headerLine: 3,
      sheet: 'Leavers',
      hiddenRows: 'read',
      shortNames: true,
      action: 'suspend',
      share: 1,
      concurrency: 1000,
      maxUsers: 1,
      maxPercent: 100,
      protectAdmins: false,
      protectGroups: false,
      maxFailures: 0,
      maxFailureRate: 0.25,
      maxDuration: '90s',
      noRead: true,
      skipInvalid: true,
    }
    expect(mergeJob({ ...file, read_first: true }, flags, 'csv')).toMatchObject({
      name: 'tonight',
      input: {
        user_column: 'mail',
        action_column: 'do',
        header_line: 3,
        sheet: 'Leavers',
        hidden_rows: 'read',
        short_names: true,
      },
      action: 'suspend',
      pace: { share: 1, concurrency: 1000 },
      guards: {
        max_users: 1,
        max_percent: 100,
        max_failures: 0,
        max_failure_rate: 0.25,
        max_duration_seconds: 90,
        protect_admins: false,
        protect_groups: [],
      },
      read_first: false,
      skip_invalid: true,
    })
  })

  test('flags that are undefined or off leave it to the job', () => {
    const flags: JobFlags = { action: undefined, share: undefined, noRead: false, skipInvalid: undefined }
    expect(mergeJob(file, flags, 'csv')).toMatchObject({
      action: 'unlock',
      pace: { share: 0.25 },
      read_first: false,
    })
  })

  test('guards and steps of the job are kept', () => {
    const guarded: JobFile = {
      name: 'a',
      steps: [
        { action: 'suspend', if_failed: 'stop' },
        { action: 'deactivate', if_failed: 'stop' },
      ],
      guards: { protect: ['x'], only_status: ['ACTIVE'] },
    }
    expect(mergeJob(guarded, {}, 'csv')).toMatchObject({
      steps: [
        { action: 'suspend', if_failed: 'stop' },
        { action: 'deactivate', if_failed: 'stop' },
      ],
      guards: { protect: ['x'], only_status: ['ACTIVE'] },
    })
  })

  test.each([
    [null, {}, 'run'],
    [null, { action: 'suspend' }, 'suspend'],
    [null, { action: 'suspend', name: 'mine' }, 'mine'],
    [file, { action: 'suspend' }, 'nightly'],
  ] as const)('the name of %o with %o is %s', (job, flags, name) => {
    expect(mergeJob(job, flags, 'csv').name).toBe(name)
  })
})

describe('what is refused', () => {
  test('--action beside the steps of the job', () => {
    const error = refusal({ name: 'a', steps: stepsOf('suspend', 'deactivate') }, { action: 'unlock' })
    expect(error.message).toBe(
      '--action unlock: a job without steps was expected, but the job has steps: suspend, deactivate',
    )
    expect(error.next).toContain('--action')
    expect(error.exitCode).toBe(exitCodes.nothingSent)
  })

  test.each([
    ['guards.only_status', { only_status: ['ACTIVE'] }],
    ['guards.protect', { protect: ['ceo@example.com'] }],
  ] satisfies [string, JobFile['guards']][])('--no-read beside %s', (guard, guards) => {
    const error = refusal({ name: 'a', action: 'unlock', guards }, { noRead: true })
    expect(error.message).toMatch(/^--no-read: /)
    expect(error.message).toContain(guard)
    expect(error.next).toContain(guard)
  })

  test('a job whose own keys conflict, should it come unchecked', () => {
    expect(refusal({ name: 'a', steps: stepsOf('unlock', 'unlock') }, {}).message).toMatch(/^steps\[1\]: /)
    const unread: JobFile = { name: 'a', read_first: false, guards: { protect: ['x'] } }
    expect(refusal(unread, {}).message).toMatch(/^guards\.protect: /)
  })

  test.each<[string, JobFlags]>([
    ['--share: a number above 0 was expected, but 0 was found', { share: 0 }],
    ['--share: a number of at most 1 was expected, but 50 was found', { share: 50 }],
    ['--share: a number was expected, but NaN was found', { share: Number.NaN }],
    ['--concurrency: a whole number was expected, but 1.5 was found', { concurrency: 1.5 }],
    ['--concurrency: a number of at least 1 was expected, but 0 was found', { concurrency: 0 }],
    ['--concurrency: a number of at most 1000 was expected, but 1001 was found', { concurrency: 1001 }],
    ['--max-users: a number of at least 1 was expected, but -1 was found', { maxUsers: -1 }],
    ['--user-column: text that is not empty was expected, but "" was found', { userColumn: '' }],
    ['--action-column: text that is not empty was expected, but "" was found', { actionColumn: '' }],
  ])('%s', (message, flags) => {
    expect(refusal(null, flags).message).toBe(message)
  })

  test('a name that is no name of a directory', () => {
    expect(refusal(null, { name: 'a/b' }).message).toMatch(/^--name: .* were expected, but "a\/b" was found$/)
  })
})

describe('which rows count, and when', () => {
  test('is kept with nothing left open', () => {
    const file: JobFile = {
      name: 'nightly',
      input: {
        where: { Status: ['Terminated', 5] },
        due: { column: 'last_day', time_zone: 'Europe/Berlin', max_lag: 86_400 },
        check: { login: 'work_email' },
        empty: 'error',
      },
    }
    expect(mergeJob(file, {}, 'csv').input).toMatchObject({
      where: { Status: ['Terminated', '5'] },
      due: {
        column: 'last_day',
        at: null,
        time_zone: 'Europe/Berlin',
        time_zone_column: null,
        format: null,
        max_lag_seconds: 86_400,
      },
      check: { login: 'work_email' },
      empty: 'error',
    })
  })

  test.each([[{ headerLine: 0 }, '--header-line: a number of at least 1 was expected']])(
    '%j is refused by the name of its flag',
    (flags, message) => {
      expect(() => mergeJob(null, flags, 'csv')).toThrow(message)
    },
  )
})
