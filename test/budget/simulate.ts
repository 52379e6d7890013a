import { answered, type BudgetAnswer, sent } from '../../src/budget/budget-events.ts'
import { type BudgetState, newBudget } from '../../src/budget/budget-state.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'
import { ModelCounter, type ModelWindow, randomFrom } from './model-server.ts'
import { epoch, PlayedTime } from './played-time.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly share: number
  readonly concurrency: number
  readonly windowSeconds: number
  readonly limitOf: (window: number) => number
  /** Simulated time in ms. */
  readonly duration: number
  /** How far the program's idea of Okta's time lags behind, in ms: never ahead. */
  readonly lag: number
  /** Travel time of one way, in ms: from the first up to the second. */
  readonly latency: readonly [number, number]
  /** Part of the requests whose answer is lost, and how long it takes to find out. */
  readonly lost?: { readonly part: number; readonly afterMs: number }
  /** Part of the answers without headers. */
  readonly headerless?: number
  /** Requests that the run still has to send, as it tells the budget; endless where it is not said. */
  readonly workLeft?: number
  /** Requests of others in each minute, evenly spread. */
  readonly othersPerMinute?: number
}

export interface Simulation {
  readonly windows: readonly ModelWindow[]
  /** The longest time in ms between two requests of ours, beginning and end included. */
  readonly longestPause: number
  readonly sent: number
  /** How often the budget was asked: a busy loop shows here. */
  readonly wakes: number
  readonly state: BudgetState
}

/**
 * Plays a client that always has something to send against a model of one counter, in virtual time: requests take
 * random times there and back, so answers come in any order.
 *
 * @throws Error where the budget would be asked again without time passing
 */
export function simulate(options: SimulationOptions): Simulation {
  const random = randomFrom(options.seed)
  const counter = new ModelCounter(options)
  const time = new PlayedTime()
  const workLeft = options.workLeft ?? 1_000_000
  let state = newBudget(options.share)
  let inFlight = 0
  let lastSent = epoch
  let longestPause = 0
  let count = 0
  let wakes = 0
  let wakeAt = Number.POSITIVE_INFINITY

  const travel = (): number => options.latency[0] + random() * (options.latency[1] - options.latency[0])

  function wake(): void {
    wakes++
    const now = time.now - options.lag
    while (inFlight < options.concurrency && permits(state, now, workLeft) > 0) send(now)
    if (inFlight >= options.concurrency) return
    const next = changesAt(state, now)
    if (!(next > now)) throw new Error(`asked again at ${next - now} ms from now`)
    wakeAt = next + options.lag
    const planned = wakeAt
    time.at(planned, () => {
      if (wakeAt === planned) wake()
    })
  }

  function send(now: number): void {
    const { state: after, permit } = sent(state, now)
    state = after
    inFlight++
    count++
    longestPause = Math.max(longestPause, time.now - lastSent)
    lastSent = time.now
    const end = (answer: BudgetAnswer): void => {
      inFlight--
      state = answered(state, permit, answer, time.now - options.lag)
      wake()
    }
    const isLost = random() < (options.lost?.part ?? 0)
    const withHeaders = random() >= (options.headerless ?? 0)
    time.at(time.now + travel(), () => {
      const { refused, rateLimit } = counter.arrive(time.now, 'ours')
      if (isLost) return
      const kind = refused ? 'rate_limited' : 'answered'
      time.at(time.now + travel(), () => end({ kind, rateLimit: withHeaders ? rateLimit : null }))
    })
    if (isLost)
      time.at(time.now + (options.lost?.afterMs ?? 0) + 2 * options.latency[1], () => end({ kind: 'lost' }))
  }

  const others = options.othersPerMinute ?? 0
  if (others > 0) {
    for (let i = 0; i < (options.duration / 60_000) * others; i++)
      time.at(epoch + ((i + random()) * 60_000) / others, () => counter.arrive(time.now, 'others'))
  }
  time.at(epoch, wake)
  const end = epoch + options.duration
  time.runUntil(end)
  longestPause = Math.max(longestPause, end - lastSent)
  return { windows: counter.windows, longestPause, sent: count, wakes, state }
}

/** The most that the share allows in a window. */
export function allowance(share: number, limit: number): number {
  return Math.max(1, Math.floor(share * limit))
}
