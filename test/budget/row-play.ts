import type { BudgetAnswer } from '../../src/budget/budget-events.ts'
import { readRow, writeRow } from '../../src/budget/row-text.ts'
import { type Leased, leaseFrom, newRow, type RowAsk, type SharedRow } from '../../src/budget/shared-row.ts'
import { ModelCounter, type ModelWindow, randomFrom } from './model-server.ts'
import { type PlayedRun, type Spread, startPlayedRun } from './played-run.ts'
import { epoch, PlayedTime } from './played-time.ts'

interface PlayOptions {
  readonly seed: number
  readonly runs: readonly PlayedRun[]
  readonly windowSeconds: number
  readonly limit: number
  /** Simulated time in ms. */
  readonly duration: number
  /** Travel time of one way. */
  readonly latency: Spread
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

const databaseAhead = 7_000_000

/** Plays runs that share a row against a model of one counter, in virtual time. */
export function playRuns(options: PlayOptions): Play {
  const random = randomFrom(options.seed)
  const counter = new ModelCounter({ windowSeconds: options.windowSeconds, limitOf: () => options.limit })
  const time = new PlayedTime()
  const sent = options.runs.map((): number[] => [])
  let row = newRow({ share: 1, earlierSends: [], earlierLimit: null, earlierUnknown: false })
  let asks = 0
  const travel = (): number => options.latency[0] + random() * (options.latency[1] - options.latency[0])
  const databaseNow = (): number => time.now + databaseAhead

  const lease = (ask: RowAsk): Leased => {
    asks++
    let leased = leaseFrom(row, ask, databaseNow())
    if (random() < (options.lostAsks ?? 0)) {
      const repeated = leaseFrom(leased.row, ask, databaseNow())
      if (repeated.permits.length !== leased.permits.length)
        throw new Error('a repetition got something else')
      leased = repeated
    }
    // What is stored is text.
    const stored = readRow(writeRow(leased.row))
    if (stored === null) throw new Error('the row can not be read')
    row = stored
    return leased
  }
  const sendFor =
    (counts: number[]) =>
    (onEnd: (answer: BudgetAnswer) => void): void => {
      const isLost = random() < (options.lost?.part ?? 0)
      time.at(time.now + travel(), () => {
        const { refused, rateLimit, window } = counter.arrive(time.now, 'ours')
        if (!refused) counts[window] = (counts[window] ?? 0) + 1
        if (isLost) return
        time.at(time.now + travel(), () => onEnd({ kind: refused ? 'rate_limited' : 'answered', rateLimit }))
      })
      if (isLost)
        time.at(time.now + (options.lost?.afterMs ?? 0) + 2 * options.latency[1], () =>
          onEnd({ kind: 'lost' }),
        )
    }

  for (const [index, run] of options.runs.entries())
    startPlayedRun(`run-${index}`, run, {
      time,
      random,
      lease,
      send: sendFor(sent[index] ?? []),
      databaseNow,
    })
  const others = options.othersPerMinute ?? 0
  for (let i = 0; i < (options.duration / 60_000) * others; i++)
    time.at(epoch + ((i + random()) * 60_000) / others, () => counter.arrive(time.now, 'others'))
  time.runUntil(epoch + options.duration)
  return { windows: counter.windows, sent, row, asks }
}
