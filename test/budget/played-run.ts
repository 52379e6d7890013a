import type { BudgetAnswer } from '../../src/budget/budget-events.ts'
import { newBudget, type Permit } from '../../src/budget/budget-state.ts'
import { permits } from '../../src/budget/permits.ts'
import type { Leased, RowAsk, RowEvent } from '../../src/budget/shared-row.ts'
import { pauseBeforeAsking } from '../../src/budget/turns.ts'
import { epoch, type PlayedTime } from './played-time.ts'

/** From the first up to the second, in ms. */
export type Spread = readonly [number, number]

/** One run of several that share a bucket. */
export interface PlayedRun {
  readonly share: number
  readonly concurrency: number
  /** When it begins and when it dies, in simulated ms from the beginning; it never dies by default. */
  readonly begins?: number
  readonly dies?: number
  /** Requests that it has to send; endless by default. */
  readonly work?: number
  /** How far its idea of Okta's time lags behind, in ms: never ahead. */
  readonly lag?: number
  /** How long it takes an ask to get the row and to return, each way. None by default. */
  readonly askTakes?: Spread
  /** How long it reads after each answer, before it has something to send in that slot again. Not at all by default. */
  readonly reads?: Spread
}

/** What surrounds a played run. */
export interface Surroundings {
  readonly time: PlayedTime
  readonly random: () => number
  /** The row takes in an ask at this moment. */
  readonly lease: (ask: RowAsk) => Leased
  /** Sends a request to Okta. How it ends is told later. */
  readonly send: (onEnd: (answer: BudgetAnswer) => void) => void
  /** The database's clock is its own. */
  readonly databaseNow: () => number
}

const flushMs = 50
const heartbeatMs = 5_000

/** Starts a run that does as the pacer does over a ledger in a store: one ask at a time, for as much as it has slots. */
export function startPlayedRun(holder: string, run: PlayedRun, surroundings: Surroundings): void {
  const { time, random } = surroundings
  const between = ([least, most]: Spread): number => least + random() * (most - least)
  const dies = epoch + (run.dies ?? Number.POSITIVE_INFINITY)
  let left = run.work ?? Number.POSITIVE_INFINITY
  let slots = run.concurrency
  let out = 0
  let number = 0
  let queued: RowEvent[] = []
  let isAsking = false
  let refusedUntil = 0
  let wakesAt = 0
  let lastAsk = 0
  let seen = newBudget(run.share)

  const now = (): number => time.now - (run.lag ?? 0)
  const later = (delay: number, happens: () => void): void => {
    time.at(time.now + delay, () => {
      if (time.now < dies) happens()
    })
  }
  const ask = (want: number | null): void => {
    isAsking = true
    lastAsk = time.now
    number++
    const told = queued
    queued = []
    const asked = { holder, number, share: run.share, want, events: told, leaves: false, clockKnown: true }
    const way = run.askTakes ?? [0, 0]
    later(between(way), () => {
      const leased = surroundings.lease({ ...asked, now: now(), workLeft: left, silent: 0 })
      const pause = pauseBeforeAsking(leased.row, run.share, leased.now, surroundings.databaseNow())
      later(between(way), () => {
        isAsking = false
        seen = leased.state
        if (want !== null) refusedUntil = leased.permits.length > 0 ? 0 : time.now + pause
        for (const permit of leased.permits) send(permit)
        wake()
        flushSoon()
      })
    })
  }
  const wake = (): void => {
    const free = Math.min(slots, left)
    if (isAsking || free <= 0) return
    if (queued.length === 0 && refusedUntil > time.now) {
      wakeOnceAt(refusedUntil)
      return
    }
    const available = permits(seen, now(), left)
    ask(available > 0 ? Math.min(free, available) : free)
  }
  const wakeOnceAt = (when: number): void => {
    if (when === wakesAt) return
    wakesAt = when
    time.at(when, () => {
      if (when === wakesAt && time.now < dies) wake()
    })
  }
  const send = (permit: Permit): void => {
    slots--
    left--
    out++
    surroundings.send((answer) => {
      if (time.now >= dies) return
      out--
      queued.push({ kind: 'settled', permit, answer, now: now() })
      later(run.reads === undefined ? 0 : between(run.reads), () => {
        slots++
        later(1, wake)
      })
      flushSoon()
    })
  }
  const flushSoon = (): void =>
    later(flushMs, () => {
      if (queued.length > 0 && !isAsking) ask(null)
    })
  const beat = (): void => {
    if (out > 0 && !isAsking && time.now - lastAsk >= heartbeatMs) ask(null)
    later(heartbeatMs, beat)
  }
  later(run.begins ?? 0, wake)
  later(run.begins ?? 0, beat)
}
