import type { Bucket } from '../okta/bucket.ts'
import { answered, sent } from './budget-events.ts'
import { type BudgetState, type Permit, redated } from './budget-state.ts'
import { firstBudget } from './first-budget.ts'
import type { Ledger, LedgerFacts, Room } from './ledger.ts'
import { changesAt, permits } from './permits.ts'
import { createReservoirs, type Reservoirs } from './reservoirs.ts'

/** A ledger for this process alone. What it shows as room is exact, and a lease grants all that is wanted. */
export function createLocalLedger(facts: LedgerFacts, reservoirs: Reservoirs = createReservoirs()): Ledger {
  const budgets = new Map<Bucket, { state: BudgetState }>()
  /** By how much later than this machine's Okta's time proved to be, and the permits that were granted before. */
  let correctionMs: number | null = null
  const grantedBefore = new WeakSet<Permit>()

  function kept(bucket: Bucket): { state: BudgetState } {
    return budgets.get(bucket) ?? begin(bucket)
  }

  function begin(bucket: Bucket): { state: BudgetState } {
    const begun = { state: firstBudget(facts, bucket) }
    budgets.set(bucket, begun)
    return begun
  }

  const settle: Ledger['settle'] = (bucket, permit, answer, now) => {
    const budget = kept(bucket)
    const { grantedAt } = permit
    const byMs = grantedBefore.has(permit) ? (correctionMs ?? 0) : 0
    const dated = byMs === 0 || grantedAt === undefined ? permit : { ...permit, grantedAt: grantedAt + byMs }
    budget.state = answered(budget.state, dated, answer, now)
  }

  return {
    budget: (bucket) => kept(bucket).state,
    settle,
    room(bucket, { workLeft, silent }, now): Room {
      const { state } = kept(bucket)
      const available = permits(state, now, workLeft, silent)
      return { available, askAt: available > 0 ? now : changesAt(state, now, silent) }
    },
    async lease(bucket, want, { workLeft, silent }, now) {
      const budget = kept(bucket)
      const available = permits(budget.state, now, workLeft, silent)
      const leased: Permit[] = []
      for (let i = 0; i < Math.min(want, available); i++) {
        const { state, permit } = sent(budget.state, now)
        budget.state = state
        leased.push(permit)
        if (correctionMs === null) grantedBefore.add(permit)
      }
      // Without a known limit there is nothing to account for: the number in flight is the only rule.
      if (leased.length === 0 || budget.state.window === null) return leased
      try {
        await reservoirs.take(bucket, available, leased.length)
        return leased
      } catch (error) {
        for (const permit of leased) settle(bucket, permit, { kind: 'unused' }, now)
        throw error
      }
    },
    resent(bucket, count, now) {
      for (let resend = 0; resend < count; resend++) {
        const { state, permit } = sent(kept(bucket).state, now)
        kept(bucket).state = answered(state, permit, { kind: 'nothing_learned' }, now)
      }
    },
    redate(byMs) {
      correctionMs = byMs
      for (const budget of budgets.values()) budget.state = redated(budget.state, byMs)
    },
    close: async () => {},
  }
}
