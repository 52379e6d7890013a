import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ExplainedChanges } from '../../src/journal/explained-changes.ts'
import type { TaskProgress } from '../../src/journal/task-progress.ts'
import { ruleOf } from '../../src/okta/actions.ts'
import { intentOf, resultOf } from './support.ts'

const minute = 60_000
const start = Date.parse('2026-03-02T10:00:00Z')

function progressOf(userId: string): TaskProgress {
  return {
    attempts: 1,
    unsent: 0,
    startedAt: new Date(start).toISOString(),
    statusBefore: null,
    judgedNotApplied: 0,
    repeats: 0,
    firstSince: null,
    isFirstAssumed: false,
    explained: null,
    last: { kind: 'open', intent: intentOf(1, 1, { user_id: userId }), doubt: null },
  }
}

it('the last change of each user is known for a quarter of an hour, and that somebody was activated as well', () => {
  const end = fc.record({
    user: fc.integer({ min: 1, max: 4 }),
    action: fc.constantFrom('activate' as const, 'suspend' as const, 'deactivate' as const),
    afterMinutes: fc.integer({ min: 0, max: 8 }),
  })
  fc.assert(
    fc.property(fc.array(end, { maxLength: 40 }), (ends) => {
      const changes = new ExplainedChanges()
      const model = new Map<
        number,
        { action: 'activate' | 'suspend' | 'deactivate'; at: number; activated: boolean }
      >()
      let [now, forgotten] = [start, Number.NEGATIVE_INFINITY]
      for (const { user, action, afterMinutes } of ends) {
        now += afterMinutes * minute
        const before = model.get(user)
        const wasActivated = before !== undefined && before.at >= forgotten && before.activated
        model.set(user, { action, at: now, activated: action === 'activate' || wasActivated })
        const finished = new Date(now).toISOString()
        changes.see(progressOf(`00u${user}`), resultOf(1, { action, finished_at: finished }), null)
        if (now - 15 * minute >= forgotten + minute) forgotten = now - 15 * minute
        for (const [known, { action: last, at, activated }] of model) {
          const isKnown = at >= forgotten
          const { target, respondsAsync } = ruleOf(last)
          expect(changes.of(`00u${known}`)?.to ?? null).toEqual(isKnown ? target : null)
          const until = changes.of(`00u${known}`)?.until ?? null
          expect(until === null).toBe(!isKnown || respondsAsync)
          const activation = isKnown && activated ? { to: ruleOf('activate').target, until: null } : null
          expect(changes.activationOf(`00u${known}`)).toEqual(activation)
        }
      }
    }),
  )
})

it('as many users as come are kept apart', () => {
  const changes = new ExplainedChanges()
  const count = 5_000
  const actions = ['suspend', 'unsuspend'] as const
  for (let user = 0; user < count; user++) {
    const action = actions[user % 2] ?? 'suspend'
    changes.see(progressOf(`00u${user}`), resultOf(1, { action }), null)
  }
  for (let user = 0; user < count; user++)
    expect(changes.of(`00u${user}`)?.to).toEqual(ruleOf(actions[user % 2] ?? 'suspend').target)
  expect(changes.of('00uNobody')).toBeNull()
})
