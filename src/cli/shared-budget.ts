import type { Ledger, LedgerFacts } from '../budget/ledger.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { ClaimMark } from '../store/tables.ts'
import type { RunOrg } from './org.ts'

/** Who takes part in a budget. */
interface Taking {
  /** The claim under which permits are taken; null for what is asked before there is a run. */
  readonly claim: ClaimMark | null
  /** Names this work, and no other, to those who share the budget. */
  readonly holder: string
  readonly clock: OktaClock
}

/** Opens a ledger for the principal whose id `owner` tells; null as long as that is not known. */
type OpenLedger = (facts: LedgerFacts, owner: () => string | null) => Ledger

/**
 * The budget that all runs of a store share in an org; undefined for an org whose runs are kept in no store. Then each
 * process has its own.
 */
export async function sharedBudget(
  { connection, orgUrl, budgetIn: tables }: RunOrg,
  { claim, holder, clock }: Taking,
): Promise<OpenLedger | undefined> {
  if (tables === undefined) return undefined
  const { SharedLedger } = await import('../store/shared-ledger.ts')
  const { credentials } = connection
  const clientId = credentials.kind === 'service_app' ? credentials.clientId : null
  return (facts, owner) =>
    new SharedLedger({
      tables,
      org: orgUrl,
      principal: () => clientId ?? owner() ?? 'unknown',
      claim,
      holder,
      clock,
      facts,
    })
}
