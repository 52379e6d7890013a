import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, actionNames, ruleOf } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { NetEffect } from '../../src/rules/net-effect.ts'
import { resultOf } from '../journal/support.ts'

const kinds = { '?': 'unsure', '~': 'undated', '-': 'not_held' } as const

/**
 * The net effect on one user of actions, in their order; with a `?`, one that may be somebody else's, with a `~`, one at an
 * unknown time, and with a `-`, one that did not hold.
 */
function effectOf(...actions: readonly string[]): NetEffect {
  const effect = new NetEffect()
  for (const [index, name] of actions.entries()) {
    const action = name.replace(/[?~-]$/, '')
    const after = { suspend: 'SUSPENDED', unsuspend: 'ACTIVE', unlock: 'ACTIVE' }[action] ?? null
    const before = action === 'unlock' ? 'LOCKED_OUT' : null
    const more = { action, okta_user_id: '00u1', status_before: before, status_after: after }
    const result = resultOf(index + 1, more)
    const sign = Object.entries(kinds).find(([end]) => name.endsWith(end))
    effect.see(
      sign === undefined
        ? { kind: 'dated', run: 'r', result, from: index * 1000, until: index * 1000 + 500 }
        : { kind: sign[1], run: 'r', result },
    )
  }
  return effect
}

function reversedBy(...actions: readonly string[]): readonly string[] {
  return effectOf(...actions)
    .reversals()
    .map(({ action, row }) => `${action} of row ${row}`)
}

describe('what takes back', () => {
  it.each([
    [['suspend'], ['unsuspend of row 1']],
    [['unsuspend'], ['suspend of row 1']],
    [['suspend', 'unsuspend'], []],
    [['unsuspend', 'suspend'], []],
    [['suspend', 'unsuspend', 'suspend'], ['unsuspend of row 3']],
    [['suspend', 'unsuspend', 'suspend', 'unsuspend'], []],
    [['suspend', 'reset_factors'], ['unsuspend of row 1']],
    [['suspend', 'deactivate'], []],
    [['suspend', 'deactivate', 'activate', 'suspend'], ['unsuspend of row 4']],
    [['unlock', 'suspend'], ['unsuspend of row 2']],
    [['deactivate'], []],
    // What can't be taken back does not hide where the user was before.
    [['unsuspend', 'unlock', 'suspend'], []],
    [['unsuspend', 'deactivate', 'activate', 'suspend'], []],
    [['unsuspend', 'deactivate', 'activate'], []],
    // Nobody has read the user, who may have been suspended.
    [['deactivate', 'activate', 'suspend'], []],
    [['unsuspend', 'unlock'], ['suspend of row 1']],
    [['unsuspend', 'unlock~'], []],
    [['unsuspend', 'unlock?'], []],
    [['suspend', 'unsuspend', 'unlock'], []],
    // Whom the run itself has brought back is not led away again, whoever did one of the calls.
    [['suspend?', 'unsuspend'], []],
    [['unsuspend?', 'suspend'], []],
    [['suspend', 'unsuspend?'], []],
    // Nor is anything taken back that may be somebody else's, or may have been so before the run.
    [['suspend?'], []],
    [['suspend?', 'suspend'], []],
    [['suspend', 'unsuspend', 'suspend?'], []],
    [['suspend', 'unsuspend?', 'suspend'], ['unsuspend of row 3']],
    [['suspend', 'deactivate?'], []],
    [['suspend?', 'deactivate', 'activate', 'suspend'], []],
    [['suspend', 'reset_factors?'], ['unsuspend of row 1']],
    // A call at an unknown time is the run's own, but nobody could tell later changes from it.
    [['suspend~'], []],
    [['suspend~', 'unsuspend', 'suspend'], ['unsuspend of row 3']],
    [['suspend~', 'unsuspend'], []],
    [['suspend', 'unsuspend', 'suspend~'], []],
    // What did not hold may have done so later, and shows where the user was.
    [['suspend-'], []],
    [['suspend-', 'unsuspend'], []],
    [['unsuspend-', 'suspend'], []],
    [['suspend-', 'suspend'], ['unsuspend of row 2']],
    [['suspend', 'unsuspend-'], ['unsuspend of row 1']],
    [['suspend', 'deactivate-'], ['unsuspend of row 1']],
  ] as const)('%s: %s', (actions, expected) => {
    expect(reversedBy(...actions)).toEqual(expected)
  })

  it('goes by how the last call left the user', () => {
    expect(effectOf('suspend', 'unsuspend', 'suspend').reversals()).toMatchObject([
      { user: '00u1', left: { statuses: ['SUSPENDED'], from: 2000, until: 2500 } },
    ])
  })

  it.each([
    ['LOCKED_OUT', 1000, 1500],
    ['ACTIVE', 0, 500],
  ])(
    'goes by a later call that has changed the status as well: an unlock of whom it found %s',
    (before, from, until) => {
      const effect = effectOf('unsuspend')
      const more = { action: 'unlock', okta_user_id: '00u1', status_before: before, status_after: 'ACTIVE' }
      const result = resultOf(2, more)
      effect.see({ kind: 'dated', run: 'r', result, from: 1000, until: 1500 })
      expect(effect.reversals()).toMatchObject([
        { action: 'suspend', row: 1, left: { statuses: ['ACTIVE'], from, until } },
      ])
    },
  )

  it('takes nothing back where an unlock without a read may have changed the status or not', () => {
    const effect = effectOf('unsuspend')
    const more = { action: 'unlock', okta_user_id: '00u1', status_before: null, status_after: null }
    effect.see({ kind: 'dated', run: 'r', result: resultOf(2, more), from: 1000, until: 1500 })
    expect([effect.reversals(), effect.unsure]).toEqual([[], 1])
  })

  it('knows several statuses where the run did not see which one it was', () => {
    const effect = new NetEffect()
    const result = resultOf(1, { action: 'unsuspend', okta_user_id: '00u1', status_after: null })
    effect.see({ kind: 'dated', run: 'r', result, from: 0, until: 1 })
    expect(effect.reversals()[0]?.left.statuses).toContain('PROVISIONED')
  })
})

it('counts what can’t be taken back, and users who are back already', () => {
  const effect = effectOf('suspend', 'unsuspend', 'reset_factors', 'reset_factors')
  expect(Object.fromEntries(effect.lasting)).toEqual({ reset_factors: 2 })
  expect(effect.alreadyBack).toBe(1)
  expect(effect.unsure).toBe(0)
})

it.each([
  [['suspend?', 'unsuspend', 'suspend'], 3, 0],
  [['suspend', 'unsuspend?'], 2, 0],
  [['suspend?', 'unsuspend'], 2, 0],
  [['suspend', 'unsuspend?', 'suspend'], 0, 0],
  [['suspend', 'unsuspend~'], 0, 1],
  [['suspend', 'unsuspend', 'suspend~'], 3, 0],
  [['suspend-', 'unsuspend'], 0, 1],
  [['suspend-'], 0, 0],
  [['suspend', 'deactivate?'], 1, 0],
  [['unsuspend', 'unlock?'], 2, 0],
  [['suspend?', 'deactivate'], 0, 0],
  [['suspend', 'unsuspend', 'unlock'], 0, 1],
  [['suspend', 'unsuspend', 'deactivate'], 0, 0],
  [['suspend', 'reset_factors?'], 1, 0],
] as const)('%s: %i tasks are left alone as unsure, %i users are back', (actions, unsure, back) => {
  const effect = effectOf(...actions)
  expect([effect.unsure, effect.alreadyBack]).toEqual([unsure, back])
})

it('keeps users apart and sorts by row', () => {
  const effect = new NetEffect()
  for (const row of [3, 1, 2]) {
    const result = resultOf(row, { action: 'suspend', okta_user_id: `00u${row}` })
    effect.see({ kind: 'dated', run: 'r', result, from: 0, until: 1 })
  }
  expect(effect.reversals().map(({ user }) => user)).toEqual(['00u1', '00u2', '00u3'])
})

/** A user as Okta keeps one, in as much as suspension is concerned. */
interface Person {
  readonly status: UserStatus
  /** The status under a suspension. */
  readonly under: UserStatus
  readonly changedAt: number
}

/** Where an action leads a person at a time; null if Okta refuses it. */
function led(action: Action, person: Person, at: number): Person | null {
  const { status, under } = person
  if (!ruleOf(action).sentFrom.includes(status)) return null
  if (action === 'suspend') return { status: 'SUSPENDED', under: status, changedAt: at }
  if (action === 'unsuspend') return { status: under, under, changedAt: at }
  const [to = status] = ruleOf(action).target
  return to === status ? person : { status: to, under: to, changedAt: at }
}

describe('of any actions', () => {
  const statuses = ['ACTIVE', 'PROVISIONED', 'SUSPENDED', 'LOCKED_OUT', 'STAGED'] as const
  const begun = fc.record({
    status: fc.constantFrom(...statuses),
    under: fc.constantFrom('ACTIVE', 'PROVISIONED', 'LOCKED_OUT'),
    changedAt: fc.constant(-1),
  })
  const steps = fc.array(
    fc.record({ action: fc.constantFrom(...actionNames), isOurs: fc.boolean(), isRead: fc.boolean() }),
    { maxLength: 8 },
  )

  it.each([true, false])(
    'a reversal leads the user to where the run found them (alone at work: %s)',
    (isAlone) => {
      fc.assert(
        fc.property(begun, steps, (start, tries) => {
          const effect = new NetEffect()
          let person: Person = start
          const ours: Action[] = []
          let found: Person | null = null
          let changedBy: 'us' | 'others' = 'others'
          for (const [index, { action, isOurs, isRead }] of tries.entries()) {
            const [at, isMine] = [index * 1_000, isAlone || isOurs]
            const next = led(action, person, at)
            if (next === null) continue
            if (next.changedAt === at) changedBy = isMine ? 'us' : 'others'
            if (isMine) {
              found ??= person
              ours.push(action)
              const read = isRead ? { status_before: person.status, status_after: next.status } : {}
              const more = { action, okta_user_id: '00u1', status_before: null, status_after: null, ...read }
              const result = resultOf(index + 1, more)
              effect.see({ kind: 'dated', run: 'r', result, from: at, until: at + 500 })
            }
            person = next
          }
          const [reversal] = effect.reversals()
          const isLeft =
            reversal?.left.statuses.includes(person.status) === true &&
            person.changedAt >= reversal.left.from &&
            person.changedAt <= reversal.left.until
          const isSuspended = person.status === 'SUSPENDED'
          const wasSuspended = found?.status === 'SUSPENDED'
          if (reversal !== undefined && isLeft) {
            expect(changedBy).toBe('us')
            const back = led(reversal.action, person, 99_000)
            // Nobody can be suspended while locked out: that is for a person.
            expect(back === null).toBe(person.status === 'LOCKED_OUT')
            if (isAlone && back !== null) expect(back?.status === 'SUSPENDED').toBe(wasSuspended)
          }
          const last = ours.findLastIndex((action) => 'by' in ruleOf(action).undo)
          const isOver = ours.slice(last + 1).some((action) => ['activate', 'deactivate'].includes(action))
          const isLasting = ours.some((action) => action === 'unlock' || action === 'deactivate')
          const isKnown = tries.every(({ isRead }) => isRead) || !isLasting
          // Unread, a lockout under the suspension is taken for somebody else's.
          const isSeen = person.status !== 'LOCKED_OUT'
          if (isAlone && last >= 0 && !isOver && isKnown && isSeen)
            expect(isLeft).toBe(isSuspended !== wasSuspended)
        }),
        { numRuns: 2_000 },
      )
    },
  )
})
