import { describe, expect, it } from 'vitest'
import type { RoleFinding } from '../../src/lookup/role-checks.ts'
import { adminIsProtected } from '../../src/rules/guards.ts'
import { plainJob } from '../engine/plain-run.ts'
import { ada, bob, found, planOf, shortly } from './support.ts'

const job = {
  guards: plainJob.guards,
  read_first: true,
  input: plainJob.input,
  steps: null,
  order: 'user',
} as const

describe('guards', () => {
  it('tell the protected, the owner of the token, and what only_status leaves out at its time', async () => {
    const boss = { id: '00uBoss0000000000003', login: 'boss@example.com' }
    const tasks = await planOf(
      [
        ['boss', 'suspend'],
        [bob.id, 'deactivate'],
        [ada.id, 'suspend deactivate'],
        [ada.id, 'unsuspend'],
      ],
      { boss: found(boss, 'ACTIVE'), [bob.id]: found(bob, 'ACTIVE'), [ada.id]: found(ada, 'ACTIVE') },
      {
        owner: bob,
        protect: { ids: new Map(), entries: ['boss@*'] },
        job: { ...job, guards: { ...job.guards, only_status: ['ACTIVE'] } },
      },
    )
    expect(shortly(tasks)).toEqual([
      'skipped (ACTIVE)',
      'skipped (ACTIVE)',
      'succeeded (ACTIVE)',
      // The row's own step led there.
      'succeeded (SUSPENDED)',
      'skipped (DEPROVISIONED)',
    ])
    expect(tasks.map(({ reason }) => reason)).toEqual([
      'protected by the job (boss@*)',
      expect.stringContaining('this user owns the API token'),
      null,
      null,
      'user is DEPROVISIONED; the job acts only on ACTIVE',
    ])
  })
})

describe('a user that can’t be told', () => {
  it('is failed, and its later steps skipped, where Okta knows none', async () => {
    const message = 'user nobody was not found in this org'
    const missing = { kind: 'failed', message, passing: false } as const
    const tasks = await planOf(
      [
        ['nobody', 'suspend deactivate'],
        ['nobody', 'suspend deactivate'],
      ],
      { nobody: missing },
    )
    expect(shortly(tasks)).toEqual(['failed (?)', 'skipped (?)', 'failed (?)', 'skipped (?)'])
    expect(tasks[0]?.reason).toBe(message)
    expect(tasks[1]?.reason).toBe('step 1 (suspend) of this row failed')
    // As in the run: nobody knows who is meant, so the job's leave to go on changes nothing.
    const steps = [
      { action: 'suspend', if_failed: 'go_on' },
      { action: 'deactivate', if_failed: 'stop' },
    ] as const
    const withLeave = await planOf(
      [['nobody', 'suspend deactivate']],
      { nobody: missing },
      { job: { ...plainJob, steps } },
    )
    expect(shortly(withLeave)).toEqual(['failed (?)', 'skipped (?)'])
  })

  it('is unknown where it could not be read this time, and so is all that may be the same user', async () => {
    const passing = { kind: 'failed', message: 'could not be read: 503', passing: true } as const
    const tasks = await planOf(
      [
        [ada.id, 'suspend'],
        ['ada', 'unsuspend'],
        [ada.id, 'suspend'],
        [bob.id, 'suspend'],
      ],
      { [ada.id]: found(ada, 'ACTIVE'), ada: passing, [bob.id]: found(bob, 'ACTIVE') },
    )
    expect(shortly(tasks)).toEqual(['succeeded (ACTIVE)', 'unknown (?)', 'unknown (?)', 'succeeded (ACTIVE)'])
    expect(tasks[1]?.reason).toBe(passing.message)
  })

  it('is unknown while in transition, but for a guard and a repetition', async () => {
    const tasks = await planOf(
      [
        [ada.id, 'suspend deactivate'],
        [ada.id, 'suspend deactivate'],
        [ada.id, 'activate'],
        [bob.id, 'suspend'],
      ],
      { [ada.id]: found(ada, 'ACTIVE', 'DEPROVISIONED'), [bob.id]: found(bob, 'STAGED', 'ACTIVE') },
      { owner: bob },
    )
    expect(shortly(tasks)).toEqual([
      'unknown (?)',
      'unknown (?)',
      'skipped (?)',
      'skipped (?)',
      'unknown (?)',
      'skipped (?)',
    ])
    expect(tasks[0]?.reason).toBe('user is in transition from ACTIVE to DEPROVISIONED')
    expect(tasks[2]?.reason).toBe("repeats the same user's preceding row")
  })
})

describe('repetitions', () => {
  it('are rows with the same actions and send_email, and no others', async () => {
    const tasks = await planOf(
      [
        [ada.id, 'deactivate'],
        [ada.id, 'deactivate', true],
        [ada.id, 'deactivate', true],
        [ada.id, 'reset_factors'],
        [ada.id, 'deactivate', true],
      ],
      { [ada.id]: found(ada, 'ACTIVE') },
    )
    expect(tasks.map(({ expected }) => expected)).toEqual([
      'succeeded',
      'unchanged',
      'skipped',
      'succeeded',
      'unchanged',
    ])
  })
})

describe('admin roles that are looked up', () => {
  const asked: string[] = []
  const roles = {
    of: async (userId: string): Promise<RoleFinding> => {
      asked.push(userId)
      if (userId === bob.id) return { kind: 'protected', verdict: adminIsProtected('the admin role X') }
      return { kind: 'none' }
    },
  }

  it('protect whoever has one, where a call would be sent', async () => {
    asked.length = 0
    const rows = [
      [ada.id, 'suspend unsuspend'],
      [bob.id, 'activate suspend deactivate'],
    ] as const
    const reads = { [ada.id]: found(ada, 'ACTIVE'), [bob.id]: found(bob, 'ACTIVE') }
    const tasks = await planOf(rows, reads, { roles })
    expect(shortly(tasks)).toEqual([
      'succeeded (ACTIVE)',
      'succeeded (SUSPENDED)',
      'unchanged (ACTIVE)',
      'skipped (ACTIVE)',
      'skipped (ACTIVE)',
    ])
    expect(tasks[3]?.reason).toBe('protected because this user has the admin role X (protect_admins)')
    expect(new Set(asked)).toEqual(new Set([ada.id, bob.id]))
  })

  it('are not looked up where nothing would be sent', async () => {
    asked.length = 0
    const reads = { [ada.id]: found(ada, 'SUSPENDED') }
    expect(shortly(await planOf([[ada.id, 'suspend']], reads, { roles }))).toEqual(['unchanged (SUSPENDED)'])
    expect(asked).toEqual([])
  })
})

it('tells repetitions and the owner by key where users are not read', async () => {
  const tasks = await planOf(
    [
      ['Bob', 'suspend deactivate'],
      ['ada@example.com', 'suspend'],
      ['ADA@example.com', 'suspend'],
      ['ada', 'suspend'],
    ],
    {},
    { owner: bob, job: { ...job, read_first: false } },
  )
  expect(shortly(tasks)).toEqual(['skipped (?)', 'skipped (?)', 'unknown (?)', 'skipped (?)', 'unknown (?)'])
  expect(tasks[3]?.reason).toBe("repeats the same user's preceding row")
})

it('passes invalid rows by, with what is wrong with them', async () => {
  const tasks = await planOf(
    [
      {
        kind: 'invalid',
        row: 1,
        line: null,
        raw: null,
        user: 'me',
        action: 'explode',
        problems: [
          { column: 'user', message: 'no user' },
          { column: null, message: 'too short' },
        ],
        cells: new Map(),
      },
    ],
    {},
  )
  expect(tasks).toEqual([
    {
      row: 1,
      step: 1,
      user: 'me',
      okta_login: null,
      action: 'explode',
      status: null,
      expected: 'skipped',
      reason: 'user: no user; too short',
    },
  ])
})
