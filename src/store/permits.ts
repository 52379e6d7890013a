import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type BudgetState, newBudget, type Permit } from '../budget/budget-state.ts'
import type { Ledger, LedgerFacts, Need } from '../budget/ledger.ts'
import { permits } from '../budget/permits.ts'
import { readRow, writeRow } from '../budget/row-text.ts'
import {
  type FirstFacts,
  type Leased,
  leaseFrom,
  newRow,
  type RowAsk,
  type RowEvent,
  type SharedRow,
} from '../budget/shared-row.ts'
import { pauseBeforeAsking } from '../budget/turns.ts'
import { HoldLost } from '../files/hold/hold.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import type { Bucket } from '../okta/bucket.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { Claim } from './claim.ts'
import type { Database, Query } from './database.ts'
import { numberOf, textOf } from './row.ts'
import { isAway, isOfStore, storeError } from './store-error.ts'

export interface SharedLedgerOptions {
  readonly database: Database
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
  readonly claim: Pick<Claim, 'runId' | 'epoch'> | null
  /** Names this execution, and no other, to those who share the budget. */
  readonly holder: string
  readonly clock: OktaClock
  readonly facts: LedgerFacts
}

/** The most permits that are taken at once, so that those who come in between do not wait for long. */
const batch = 20
/** An answer that no lease takes along is told after this time. */
const flushAfterMs = 50
/** A holder with permits out gives a sign at least this often: others take it for dead after 20 s. */
const beatEveryMs = 4_000
const shortestPauseMs = 200
const longestPauseMs = 1_000
/** How long the end of an execution waits for the store. Without it, others give back its permits. */
const closeWithinMs = 3_000

/** A bucket as this process knows it. */
interface Entry {
  readonly bucket: Bucket
  readonly first: FirstFacts
  principal: string | null
  /** As it was after the last ask. */
  seen: BudgetState
  /** What has happened since the last ask. */
  events: RowEvent[]
  /** An ask that may have been done or not. It is repeated as it is. */
  pending: RowAsk | null
  number: number
  /** Permits of this process. */
  out: number
  leasing: boolean
  /** Nothing is to be had before, in ms by Okta's clock, unless an answer comes. */
  refusedUntil: number
  flushing: NodeJS.Timeout | null
  /** Ends when the transaction under way does: there is one at a time. */
  last: Promise<unknown>
}

/** Thrown if the claim has run out and nobody has taken the run: it may be renewed. */
class ClaimEnded extends Error {}

/**
 * A ledger for all runs of a store: one row for each of Okta's counters, changed by one transaction at a time, under the
 * row's lock and under the run's claim. While the database does not answer nothing is granted.
 */
export class SharedLedger implements Ledger {
  readonly #options: SharedLedgerOptions
  readonly #entries = new Map<Bucket, Entry>()
  readonly #beat: NodeJS.Timeout
  #closed = false
  /** Why nothing is granted any more. */
  #failure: { readonly error: unknown } | null = null

  constructor(options: SharedLedgerOptions) {
    this.#options = options
    this.#beat = setInterval(() => this.#giveSign(), beatEveryMs).unref()
  }

  room(bucket: Bucket, { workLeft, silent }: Need, now: number): ReturnType<Ledger['room']> {
    const { seen, events, refusedUntil } = this.#entry(bucket)
    // What others have done since is not known here. Their turn, and their answers, are waited for.
    if (events.length === 0 && refusedUntil > now) return { available: 0, askAt: refusedUntil }
    return { available: permits(seen, now, workLeft, silent), askAt: now }
  }

  async lease(bucket: Bucket, want: number, need: Need): Promise<readonly Permit[]> {
    const entry = this.#entry(bucket)
    entry.leasing = true
    stopFlush(entry)
    try {
      for (let pause = shortestPauseMs; !this.#closed; pause = Math.min(longestPauseMs, pause * 2)) {
        const leased = await this.#try(entry, Math.min(want, batch), need)
        if (leased !== null) return leased
        await sleep(pause)
      }
      return []
    } finally {
      entry.leasing = false
      this.#flushSoon(entry)
    }
  }

  settle(...[bucket, permit, answer, now]: Parameters<Ledger['settle']>): void {
    const entry = this.#entry(bucket)
    entry.out--
    entry.events.push({ kind: 'settled', permit, answer, now: this.#options.clock.known ? now : null })
    this.#flushSoon(entry)
  }

  resent(bucket: Bucket, count: number, now: number): void {
    const entry = this.#entry(bucket)
    entry.events.push({ kind: 'resent', count, now: this.#options.clock.known ? now : null })
    this.#flushSoon(entry)
  }

  budget(bucket: Bucket): BudgetState {
    return this.#entry(bucket).seen
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#beat)
    const leaving = [...this.#entries.values()]
      .filter(({ number }) => number > 0)
      .map((entry) => this.#leave(entry))
    const enough = new AbortController()
    const all = Promise.all(leaving).finally(() => enough.abort())
    await Promise.race([all, sleep(closeWithinMs, undefined, { signal: enough.signal }).catch(() => {})])
  }

  #entry(bucket: Bucket): Entry {
    const known = this.#entries.get(bucket)
    if (known !== undefined) return known
    const { share, earlierSends, earlierLimit, earlierUnknown = false } = this.#options.facts
    const first = {
      share,
      earlierSends: earlierSends(bucket),
      earlierLimit: earlierLimit?.(bucket) ?? null,
      earlierUnknown,
    }
    const entry: Entry = {
      bucket,
      first,
      principal: null,
      seen: newBudget(share, first.earlierSends, first.earlierLimit, earlierUnknown),
      events: [],
      pending: null,
      number: 0,
      out: 0,
      leasing: false,
      refusedUntil: 0,
      flushing: null,
      last: Promise.resolve(),
    }
    this.#entries.set(bucket, entry)
    return entry
  }

  /** Asks once. Null if the store is away, or the claim has to be renewed first. */
  async #try(entry: Entry, want: number | null, need: Need): Promise<readonly Permit[] | null> {
    if (this.#failure !== null) throw this.#failure.error
    const before = entry.last.catch(() => {})
    const asking = before.then(() => this.#ask(entry, want, need))
    entry.last = asking
    try {
      return await asking
    } catch (error) {
      if (isAway(error) || error instanceof ClaimEnded) return null
      this.#failure ??= {
        error: isOfStore(error) ? storeError(this.#options.database.url, error) : error,
      }
      throw this.#failure.error
    }
  }

  async #ask(entry: Entry, want: number | null, need: Need): Promise<readonly Permit[]> {
    const repeated = entry.pending
    if (repeated !== null) {
      const leased = await this.#transact(entry, repeated)
      // Only one lease is under way, so it is the one that is repeated.
      if (repeated.want !== null && want !== null) return leased.permits
      for (const permit of leased.permits) {
        entry.out--
        entry.events.push({ kind: 'settled', permit, answer: { kind: 'unused' }, now: null })
      }
    }
    const ask: RowAsk = {
      ...need,
      holder: this.#options.holder,
      number: ++entry.number,
      share: this.#options.facts.share,
      want,
      events: entry.events.splice(0),
      leaves: this.#closed,
      now: 0,
      clockKnown: false,
    }
    return (await this.#transact(entry, ask)).permits
  }

  async #transact(entry: Entry, ask: RowAsk): Promise<Leased> {
    const { clock, database } = this.#options
    entry.pending = ask
    const { leased, at } = await database.transaction((query) => this.#change(query, entry, ask))
    entry.pending = null
    entry.seen = leased.state
    entry.out += leased.permits.length
    if (ask.want !== null) {
      const pause = pauseBeforeAsking(leased.row, ask.share, leased.now, at)
      entry.refusedUntil = leased.permits.length > 0 ? 0 : clock.nowAtLeast() + pause
    }
    return leased
  }

  async #change(query: Query, entry: Entry, ask: RowAsk): Promise<{ leased: Leased; at: number }> {
    const { org, principal, claim, clock } = this.#options
    entry.principal ??= principal()
    const key = [org, entry.principal, entry.bucket]
    const { row, at } = await lockedRow(query, key, entry.first)
    const leased = leaseFrom(row, { ...ask, now: clock.nowAtLeast(), clockKnown: clock.known }, at)
    const changed = await query(
      `UPDATE okta_lifecycle.bucket SET budget = $4 WHERE org = $1 AND principal = $2 AND bucket = $3
          AND ($5::text IS NULL OR EXISTS (SELECT 1 FROM okta_lifecycle.run
            WHERE run_id = $5 AND epoch = $6::bigint AND claimed_until > clock_timestamp()))
        RETURNING 1`,
      [...key, writeRow(leased.row), claim?.runId ?? null, claim?.epoch ?? null],
    )
    if (changed.length > 0) return { leased, at }
    const [run] = await query('SELECT epoch FROM okta_lifecycle.run WHERE run_id = $1', [claim?.runId])
    if (run === undefined || numberOf(run, 'epoch') !== claim?.epoch)
      throw new HoldLost(`run ${claim?.runId}`)
    throw new ClaimEnded('The claim has run out.')
  }

  #flushSoon(entry: Entry): void {
    if (entry.flushing !== null || entry.leasing || entry.events.length === 0 || this.#closed) return
    entry.flushing = setTimeout(() => {
      entry.flushing = null
      this.#tell(entry)
    }, flushAfterMs).unref()
  }

  /** Tells what has happened, or only that this holder lives. What can't be told now is told later. */
  #tell(entry: Entry): void {
    if (entry.leasing || this.#failure !== null || this.#closed) return
    this.#try(entry, null, { workLeft: 0, silent: 0 }).then(
      (told) => {
        if (told === null) setTimeout(() => this.#flushSoon(entry), longestPauseMs).unref()
      },
      // Whoever asks for permits next is told.
      () => {},
    )
  }

  #giveSign(): void {
    for (const entry of this.#entries.values()) if (entry.out > 0) this.#tell(entry)
  }

  async #leave(entry: Entry): Promise<void> {
    // What a lease has just brought is given back by whoever asked for it.
    await entry.last.catch(() => {})
    await nextTurn()
    stopFlush(entry)
    await this.#try(entry, null, { workLeft: 0, silent: 0 }).catch(() => {})
  }
}

/** The row of a counter, locked until the end of the transaction, and the database's time in epoch ms. */
async function lockedRow(
  query: Query,
  key: readonly (string | null)[],
  first: FirstFacts,
): Promise<{ readonly row: SharedRow; readonly at: number }> {
  const lock = async (): Promise<Awaited<ReturnType<Query>>> =>
    await query(
      // A process that is paused in here must not keep the lock.
      `SELECT budget, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at,
              set_config('idle_in_transaction_session_timeout', '2s', true)
         FROM okta_lifecycle.bucket WHERE org = $1 AND principal = $2 AND bucket = $3 FOR UPDATE`,
      key,
    )
  let [found] = await lock()
  if (found === undefined) {
    await query(
      'INSERT INTO okta_lifecycle.bucket (org, principal, bucket, budget) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [...key, writeRow(newRow(first))],
    )
    ;[found] = await lock()
  }
  const row = found === undefined ? null : readRow(textOf(found, 'budget') ?? '')
  if (found === undefined || row === null) throw damaged(key)
  return { row, at: numberOf(found, 'at') }
}

function damaged([org, principal, bucket]: readonly (string | null)[]): KnownError {
  return new KnownError(
    `The store's row of the budget of ${bucket} in ${org} is not as this version of okta-lifecycle writes it, so nobody knows what has been sent. Nothing is sent any more.`,
    `Once nothing has been sent to the org for two minutes: DELETE FROM okta_lifecycle.bucket WHERE org = '${org}' AND principal = '${principal}'; then resume the run.`,
    exitCodes.stoppedByGuard,
  )
}

function stopFlush(entry: Entry): void {
  if (entry.flushing !== null) clearTimeout(entry.flushing)
  entry.flushing = null
}
