import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, actionNames } from '../../src/okta/actions.ts'
import { type UserStatus, userStatuses } from '../../src/okta/status.ts'
import { actionTable } from '../okta/action-table.ts'
import { ada, bob, found, planOf, type RowSpec, shortly } from './support.ts'

/** Where an accepted call leads, written down from Okta's documents; what is not here changes no status. */
const leadsTo: Readonly<Partial<Record<Action, readonly UserStatus[]>>> = {
  activate: ['PROVISIONED', 'ACTIVE'],
  deactivate: ['DEPROVISIONED'],
  suspend: ['SUSPENDED'],
  unlock: ['ACTIVE'],
  // Back to where the user was before the suspension.
  unsuspend: ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED', 'RECOVERY'],
}

interface Step {
  readonly row: number
  readonly action: Action
  /** Whether its row repeats the one before. */
  readonly repeats: boolean
}

/** Walks one user through the steps, once for every way in which Okta may behave, and notes what each step comes to. */
function walk(
  steps: readonly Step[],
  at: number,
  status: UserStatus,
  failedRow: number,
  seen: Set<string>[],
  suspendedFrom: UserStatus | null = null,
): void {
  const step = steps[at]
  if (step === undefined) return
  const note = (result: string): void => {
    seen[at]?.add(`${result} (${status})`)
  }
  if (step.repeats || step.row === failedRow) {
    note('skipped')
    walk(steps, at + 1, status, failedRow, seen, suspendedFrom)
    return
  }
  const verdict = actionTable[step.action][status]
  if (verdict === 'F') {
    note('failed')
    walk(steps, at + 1, status, step.row, seen, suspendedFrom)
    return
  }
  if (verdict === 'U') {
    note('unchanged')
    walk(steps, at + 1, status, failedRow, seen, suspendedFrom)
    return
  }
  note('succeeded')
  // An ACTIVE user may be blocked from unknown devices or not.
  if (step.action === 'unlock' && status === 'ACTIVE') note('unchanged')
  const after = step.action === 'unsuspend' && suspendedFrom !== null ? [suspendedFrom] : leadsTo[step.action]
  const from = step.action === 'suspend' ? status : null
  if (after === undefined) walk(steps, at + 1, status, failedRow, seen, suspendedFrom)
  for (const next of after ?? []) walk(steps, at + 1, next, failedRow, seen, from)
}

/** What may be said of a step that came to all these. */
function said(seen: ReadonlySet<string>): string {
  const parts = [...seen].map((text) => text.split(' '))
  const results = new Set(parts.map(([result]) => result))
  const statuses = new Set(parts.map(([, status]) => status))
  const [result] = results.size === 1 ? results : ['unknown']
  const [status] = statuses.size === 1 ? statuses : ['(?)']
  return `${result} ${status}`
}

const keys = [ada.id, ada.login, 'ADA@EXAMPLE.COM', 'ada'] as const
const anyAction = fc.constantFrom(...actionNames)

describe('the plan of one user', () => {
  it('says what every walk through the statuses agrees on, and unknown for the rest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...userStatuses),
        fc.array(fc.tuple(fc.constantFrom(...keys), fc.array(anyAction, { minLength: 1, maxLength: 4 })), {
          minLength: 1,
          maxLength: 5,
        }),
        async (status, rows) => {
          const steps = rows.flatMap(([, actions], row) =>
            actions.map((action) => ({ row, action, repeats: rows[row - 1]?.[1].join() === actions.join() })),
          )
          const seen = steps.map(() => new Set<string>())
          walk(steps, 0, status, -1, seen)
          const specs = rows.map(([key, actions]): RowSpec => [key, actions.join(' ')])
          const tasks = await planOf(specs, Object.fromEntries(keys.map((key) => [key, found(ada, status)])))
          expect(shortly(tasks)).toEqual(seen.map(said))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is the table of actions for a single task', async () => {
    for (const action of actionNames) {
      for (const status of userStatuses) {
        const [task] = await planOf([[ada.id, action]], { [ada.id]: found(ada, status) })
        const verdict = actionTable[action][status]
        const sent = action === 'unlock' && status === 'ACTIVE' ? 'unknown' : 'succeeded'
        expect(task).toMatchObject({
          status,
          expected: { S: sent, U: 'unchanged', F: 'failed' }[verdict],
        })
      }
    }
  })

  it('goes on by the id where rows name the login, and keeps users apart', async () => {
    const tasks = await planOf(
      [
        [ada.id, 'suspend'],
        [bob.login, 'suspend'],
        ['Ada@example.com', 'suspend deactivate'],
        [ada.id, 'unsuspend'],
        [bob.id, 'unsuspend'],
      ],
      {
        [ada.id]: found(ada, 'ACTIVE'),
        'Ada@example.com': found(ada, 'ACTIVE'),
        [bob.login]: found(bob, 'ACTIVE'),
        [bob.id]: found(bob, 'ACTIVE'),
      },
    )
    expect(shortly(tasks)).toEqual([
      'succeeded (ACTIVE)',
      'succeeded (ACTIVE)',
      'unchanged (SUSPENDED)',
      'succeeded (SUSPENDED)',
      'failed (DEPROVISIONED)',
      'succeeded (SUSPENDED)',
    ])
    expect(tasks[4]?.reason).toBe('user is DEPROVISIONED; unsuspend needs SUSPENDED')
  })

  it('knows what follows an activate only where it is the same from PROVISIONED and from ACTIVE', async () => {
    const tasks = await planOf([[ada.id, 'activate activate unlock deactivate reactivate']], {
      [ada.id]: found(ada, 'STAGED'),
    })
    expect(shortly(tasks)).toEqual([
      'succeeded (STAGED)',
      'unchanged (?)',
      'unknown (?)',
      'unknown (?)',
      'unknown (?)',
    ])
    expect(tasks[2]?.reason).toBe('it depends on whether user is PROVISIONED or ACTIVE by then')
  })

  it('follows what is certain again after what was not', async () => {
    const tasks = await planOf(
      [
        [ada.id, 'activate'],
        [ada.id, 'unlock'],
        [ada.id, 'deactivate'],
        [ada.id, 'suspend'],
      ],
      { [ada.id]: found(ada, 'STAGED') },
    )
    expect(shortly(tasks)).toEqual([
      'succeeded (STAGED)',
      'unknown (?)',
      'succeeded (?)',
      'failed (DEPROVISIONED)',
    ])
  })

  it('sends what Okta offers, as long as the user is as Okta showed it', async () => {
    const expired = found(ada, 'PASSWORD_EXPIRED')
    if (expired.kind !== 'found') throw new Error('A user was expected.')
    const offered = { kind: 'found', user: { ...expired.user, offered: ['suspend'] } } as const
    const rows: readonly RowSpec[] = [
      [ada.id, 'suspend'],
      [ada.id, 'unsuspend'],
      [ada.id, 'activate'],
    ]
    expect(shortly(await planOf(rows, { [ada.id]: expired }))).toEqual([
      'failed (PASSWORD_EXPIRED)',
      'failed (PASSWORD_EXPIRED)',
      'failed (PASSWORD_EXPIRED)',
    ])
    expect(shortly(await planOf(rows, { [ada.id]: offered }))).toEqual([
      'succeeded (PASSWORD_EXPIRED)',
      'succeeded (SUSPENDED)',
      'failed (PASSWORD_EXPIRED)',
    ])
  })
})
