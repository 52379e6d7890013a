import type { BudgetAnswer } from '../../src/budget/budget-events.ts'
import type { Permit } from '../../src/budget/budget-state.ts'
import { readRow, writeRow } from '../../src/budget/row-text.ts'
import { leaseFrom, newRow, type RowEvent, type SharedRow } from '../../src/budget/shared-row.ts'
import { pauseBeforeAsking } from '../../src/budget/turns.ts'
import { ModelCounter, type ModelWindow, randomFrom } from './model-server.ts'

/** One run of several that share a bucket. */
export interface PlayedRun {
  readonly share: number
  readonly concurrency: number
  /** When it begins and when it dies, in simulated ms from the beginning; it never dies by default. */
  readonly begins?: number
  readonly dies?: number
  /** Requests that it has to send; endless by default. */
  readonly work?: number
}

export interface PlayOptions {
  readonly seed: number
  readonly runs: readonly PlayedRun[]
  readonly windowSeconds: number
  readonly limit: number
  /** Simulated time in ms. */
  readonly duration: number
  /** Travel time of one way, in ms: from the first up to the second. */
  readonly latency: readonly [number, number]
  /** Part of the requests whose answer is lost, and how long it takes to find out. */
  readonly lost?: { readonly part: number; readonly afterMs: number }
  /** Part of the asks whose answer is lost although they were done. */
  readonly lostAsks?: number
  readonly othersPerMinute?: number
}

/** What each run sent in each window, and what was refused. */
export interface Play {
  readonly windows: readonly ModelWindow[]
  /** By run: how many of its requests arrived in each window. */
  readonly sent: readonly (readonly number[])[]
  readonly row: SharedRow
  readonly asks: number
}

interface Event {
  readonly time: number
  readonly order: number
  readonly run: () => void
}

const epoch = Date.parse('2026-03-02T10:00:00.400Z')
/** The database's clock is its own. */
const databaseAhead = 7_000_000
const flushMs = 50
const heartbeatMs = 5_000

/** Plays runs that share a row against a model of one counter, in virtual time. */
export function playRuns(options: PlayOptions): Play {
  const random = randomFrom(options.seed)
  const counter = new ModelCounter({ windowSeconds: options.windowSeconds, limitOf: () => options.limit })
  const events: Event[] = []
  const sent = options.runs.map((): number[] => [])
  let row = newRow({ share: 1, earlierSends: [], earlierLimit: null, earlierUnknown: false })
  let order = 0
  let time = epoch
  let asks = 0
  const at = (when: number, run: () => void): void => {
    events.push({ time: when, order: order++, run })
  }
  const travel = (): number => options.latency[0] + random() * (options.latency[1] - options.latency[0])

  for (const [index, run] of options.runs.entries()) {
    const dies = epoch + (run.dies ?? Number.POSITIVE_INFINITY)
    let left = run.work ?? Number.POSITIVE_INFINITY
    let inFlight = 0
    let number = 0
    let queued: RowEvent[] = []
    let askAt = 0
    let lastAsk = 0

    const ask = (want: number | null): void => {
      asks++
      number++
      lastAsk = time
      const asked = {
        holder: `run-${index}`,
        number,
        share: run.share,
        want,
        events: queued,
        leaves: false,
        now: time,
        clockKnown: true,
        workLeft: left,
        silent: 0,
      }
      queued = []
      let leased = leaseFrom(row, asked, time + databaseAhead)
      if (random() < (options.lostAsks ?? 0)) {
        const repeated = leaseFrom(leased.row, asked, time + databaseAhead)
        if (repeated.permits.length !== leased.permits.length)
          throw new Error('a repetition got something else')
        leased = repeated
      }
      // What is stored is text.
      const stored = readRow(writeRow(leased.row))
      if (stored === null) throw new Error('the row can not be read')
      row = stored
      for (const permit of leased.permits) send(permit)
      askAt =
        want !== null && leased.permits.length === 0
          ? time + pauseBeforeAsking(row, run.share, time, time + databaseAhead)
          : time + 1
      at(askAt, wake)
    }
    const wake = (): void => {
      if (time >= dies || time < askAt) return
      const want = Math.min(run.concurrency - inFlight, left)
      if (want > 0) ask(want)
    }
    const settle = (permit: Permit, answer: BudgetAnswer): void => {
      inFlight--
      if (time >= dies) return
      queued.push({ kind: 'settled', permit, answer, now: time })
      askAt = time
      at(time + 1, wake)
      at(time + flushMs, () => {
        if (queued.length > 0 && time < dies) ask(null)
      })
    }
    const send = (permit: Permit): void => {
      inFlight++
      left--
      const isLost = random() < (options.lost?.part ?? 0)
      at(time + travel(), () => {
        const { refused, rateLimit, window } = counter.arrive(time, 'ours')
        const counts = sent[index]
        if (counts !== undefined && !refused) counts[window] = (counts[window] ?? 0) + 1
        if (isLost) return
        at(time + travel(), () => settle(permit, { kind: refused ? 'rate_limited' : 'answered', rateLimit }))
      })
      if (isLost)
        at(time + (options.lost?.afterMs ?? 0) + 2 * options.latency[1], () =>
          settle(permit, { kind: 'lost' }),
        )
    }
    const beat = (): void => {
      if (time >= dies) return
      if (inFlight > 0 && time - lastAsk >= heartbeatMs) ask(null)
      at(time + heartbeatMs, beat)
    }
    at(epoch + (run.begins ?? 0), wake)
    at(epoch + (run.begins ?? 0), beat)
  }

  const others = options.othersPerMinute ?? 0
  for (let i = 0; i < (options.duration / 60_000) * others; i++)
    at(epoch + ((i + random()) * 60_000) / others, () => counter.arrive(time, 'others'))
  for (;;) {
    const next = takeEarliest(events)
    if (next === undefined || next.time > epoch + options.duration) break
    time = Math.max(time, next.time)
    next.run()
  }
  return { windows: counter.windows, sent, row, asks }
}

function takeEarliest(events: Event[]): Event | undefined {
  let best = 0
  for (let i = 1; i < events.length; i++) {
    const a = events[i]
    const b = events[best]
    if (a !== undefined && b !== undefined && (a.time < b.time || (a.time === b.time && a.order < b.order)))
      best = i
  }
  return events.splice(best, 1)[0]
}
