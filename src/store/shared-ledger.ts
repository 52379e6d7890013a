import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { BudgetState, Permit } from '../budget/budget-state.ts'
import type { Ledger, LedgerFacts, Need } from '../budget/ledger.ts'
import { permits } from '../budget/permits.ts'
import type { Bucket } from '../okta/bucket.ts'
import { BudgetRowAsker, type BudgetRowAskerOptions, ClaimEnded } from './budget-row-asker.ts'
import { Forbearance } from './patience.ts'
import { isOfStore, storeError } from './store-error.ts'
import type { Tables } from './tables.ts'

export interface SharedLedgerOptions extends BudgetRowAskerOptions {
  readonly tables: Pick<Tables, 'budgets' | 'url'>
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
  readonly asker: BudgetRowAsker
  leasing: boolean
  flushing: NodeJS.Timeout | null
}

/**
 * A ledger for all runs of a store: one row for each of Okta's counters, changed by one transaction at a time, under the
 * row's lock and under the run's claim. While the database does not answer nothing is granted.
 */
export class SharedLedger implements Ledger {
  readonly #options: SharedLedgerOptions
  readonly #entries = new Map<Bucket, Entry>()
  readonly #beat: NodeJS.Timeout
  #closed = false
  readonly #forbearance = new Forbearance()
  /** Why nothing is granted any more. */
  #failure: { readonly error: unknown } | null = null

  constructor(options: SharedLedgerOptions) {
    this.#options = options
    this.#beat = setInterval(() => this.#giveSign(), beatEveryMs).unref()
  }

  room(bucket: Bucket, { workLeft, silent }: Need, now: number): ReturnType<Ledger['room']> {
    const { seen, events, refusedUntil } = this.#entry(bucket).asker
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
    entry.asker.out--
    entry.asker.events.push({ kind: 'settled', permit, answer, now: this.#known(now) })
    this.#flushSoon(entry)
  }

  resent(bucket: Bucket, count: number, now: number): void {
    const entry = this.#entry(bucket)
    entry.asker.events.push({ kind: 'resent', count, now: this.#known(now) })
    this.#flushSoon(entry)
  }

  /** What was settled before Okta's time was known was not dated, but the waits since the last asks were. */
  redate(byMs: number): void {
    for (const { asker } of this.#entries.values()) if (asker.refusedUntil !== 0) asker.refusedUntil += byMs
  }

  budget(bucket: Bucket): BudgetState {
    return this.#entry(bucket).asker.seen
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#beat)
    const leaving = [...this.#entries.values()]
      .filter(({ asker }) => asker.hasAsked)
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
      asker: new BudgetRowAsker(this.#options, bucket, first),
      leasing: false,
      flushing: null,
    }
    this.#entries.set(bucket, entry)
    return entry
  }

  #known(now: number): number | null {
    return this.#options.clock.known ? now : null
  }

  /** Asks once. Null if the store is away, or the claim has to be renewed first. */
  async #try({ asker }: Entry, want: number | null, need: Need): Promise<readonly Permit[] | null> {
    if (this.#failure !== null) throw this.#failure.error
    try {
      const leased = await asker.ask(want, need, this.#closed)
      this.#forbearance.answered()
      return leased
    } catch (error) {
      if (this.#forbearance.bears(error) || error instanceof ClaimEnded) return null
      this.#failure ??= { error: isOfStore(error) ? storeError(this.#options.tables.url, error) : error }
      throw this.#failure.error
    }
  }

  #flushSoon(entry: Entry): void {
    if (entry.flushing !== null || entry.leasing || entry.asker.events.length === 0 || this.#closed) return
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
    for (const entry of this.#entries.values()) if (entry.asker.out > 0) this.#tell(entry)
  }

  async #leave(entry: Entry): Promise<void> {
    // What a lease has just brought is given back by whoever asked for it.
    await entry.asker.settled()
    await nextTurn()
    stopFlush(entry)
    await this.#try(entry, null, { workLeft: 0, silent: 0 }).catch(() => {})
  }
}

function stopFlush(entry: Entry): void {
  if (entry.flushing !== null) clearTimeout(entry.flushing)
  entry.flushing = null
}
