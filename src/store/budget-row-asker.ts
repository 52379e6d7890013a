import { type BudgetState, newBudget, type Permit } from '../budget/budget-state.ts'
import type { Need } from '../budget/ledger.ts'
import { type FirstFacts, type Leased, leaseFrom, type RowAsk, type RowEvent } from '../budget/shared-row.ts'
import { pauseBeforeAsking } from '../budget/turns.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import type { Bucket } from '../okta/bucket.ts'
import type { OktaClock } from '../okta/clock.ts'
import { claimLost } from './claim.ts'
import type { ClaimMark, CounterKey, Tables } from './tables.ts'

export interface BudgetRowAskerOptions {
  readonly tables: Pick<Tables, 'budgets'>
  /** The org's URL. */
  readonly org: string
  /**
   * Whose counter it is: the id of the token's owner, or a client id; never a secret. `unknown` before Okta has shown
   * it. It is asked for when a bucket is first used.
   *
   * Okta's counters are nested: one of the org, and one of each API token or OAuth app, which by default gets half of
   * it. The headers show the latter alone (Okta's reference, "Rate limits by token and app"). So what headers show is
   * true for one principal only, and each has a row of its own. Okta shows no id of a token; the tokens of one owner
   * therefore share a row, which is at worst too careful.
   */
  readonly principal: () => string
  /** The claim under which permits are taken. Null for what is asked before there is a run. */
  readonly claim: ClaimMark | null
  /** Names this execution, and no other, to those who share the budget. */
  readonly holder: string
  readonly clock: OktaClock
}

/** Thrown if the claim has run out and nobody has taken the run: it may be renewed. */
export class ClaimEnded extends Error {}

/**
 * What this process asks of the row of one counter, one ask at a time. An ask whose answer was lost may have been done or
 * not, so it is repeated as it is before anything else is asked.
 */
export class BudgetRowAsker {
  readonly #options: BudgetRowAskerOptions
  readonly #bucket: Bucket
  readonly #first: FirstFacts
  #key: CounterKey | null = null
  #pending: RowAsk | null = null
  #number = 0
  /** Ends when the ask under way does. */
  #last: Promise<unknown> = Promise.resolve()
  /** The budget as it was after the last ask. */
  seen: BudgetState
  /** What has happened since the last ask. */
  readonly events: RowEvent[] = []
  /** Permits of this process. */
  out = 0
  /** Nothing is to be had before, in ms by Okta's clock, unless an answer comes. */
  refusedUntil = 0

  constructor(options: BudgetRowAskerOptions, bucket: Bucket, first: FirstFacts) {
    this.#options = options
    this.#bucket = bucket
    this.#first = first
    this.seen = newBudget(first.share, first.earlierSends, first.earlierLimit, first.earlierUnknown)
  }

  /** Whether anything was ever asked. */
  get hasAsked(): boolean {
    return this.#number > 0
  }

  /** Waits for the ask under way, whatever becomes of it. */
  async settled(): Promise<void> {
    await this.#last.catch(() => {})
  }

  /**
   * Tells what has happened, and asks for permits.
   *
   * @param want how many; null to tell only
   * @param leaves whether it is the last ask
   * @throws ClaimEnded; HoldLost when another process has taken over; KnownError for a row that can't be read; the
   *   driver's error
   */
  async ask(want: number | null, need: Need, leaves: boolean): Promise<readonly Permit[]> {
    const before = this.settled()
    const asking = before.then(() => this.#askNow(want, need, leaves))
    this.#last = asking
    return await asking
  }

  async #askNow(want: number | null, need: Need, leaves: boolean): Promise<readonly Permit[]> {
    const repeated = this.#pending
    if (repeated !== null) {
      const leased = await this.#change(repeated)
      // Only one lease is under way, so it is the one that is repeated.
      if (repeated.want !== null && want !== null) return leased.permits
      for (const permit of leased.permits) {
        this.out--
        this.events.push({ kind: 'settled', permit, answer: { kind: 'unused' }, now: null })
      }
    }
    const ask: RowAsk = {
      ...need,
      holder: this.#options.holder,
      number: ++this.#number,
      share: this.#first.share,
      want,
      events: this.events.splice(0),
      leaves,
      now: 0,
      clockKnown: false,
    }
    return (await this.#change(ask)).permits
  }

  async #change(ask: RowAsk): Promise<Leased> {
    const { clock, tables, claim, org, principal } = this.#options
    this.#key ??= { org, principal: principal(), bucket: this.#bucket }
    this.#pending = ask
    const changed = await tables.budgets.change(this.#key, this.#first, claim, (row, at) =>
      leaseFrom(row, { ...ask, now: clock.nowAtLeast(), clockKnown: clock.known }, at),
    )
    if (changed.kind === 'damaged') throw damaged(this.#key)
    if (changed.kind === 'overtaken') throw claimLost(claim?.runId ?? '')
    if (changed.kind === 'ended') throw new ClaimEnded('The claim has run out.')
    const { change: leased, at } = changed
    this.#pending = null
    this.seen = leased.state
    this.out += leased.permits.length
    if (ask.want !== null) {
      const pause = pauseBeforeAsking(leased.row, ask.share, leased.now, at)
      this.refusedUntil = leased.permits.length > 0 ? 0 : clock.nowAtLeast() + pause
    }
    return leased
  }
}

function damaged({ org, principal, bucket }: CounterKey): KnownError {
  return new KnownError(
    `The store's row of the budget of ${bucket} in ${org} is not as this version of okta-lifecycle writes it, so nobody knows what has been sent. Nothing is sent any more.`,
    `Once nothing has been sent to the org for two minutes: DELETE FROM okta_lifecycle.bucket WHERE org = '${org}' AND principal = '${principal}'; then resume the run.`,
    exitCodes.stoppedByGuard,
  )
}
