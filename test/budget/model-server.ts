import type { RateLimit } from '../../src/okta/rate-limit.ts'

/** One counter of Okta's, as its documents and recorded traffic describe it. Times are epoch ms by Okta's clock. */
interface CounterOptions {
  readonly windowSeconds: number
  /** The limit of the n-th window, from 0. */
  readonly limitOf: (window: number) => number
}

/** What happened in one window. */
export interface ModelWindow {
  readonly opened: number
  readonly limit: number
  readonly reset: number
  ours: number
  others: number
  refusedOurs: number
  refusedOthers: number
}

/**
 * A fixed-window counter: a window opens at its first request, and the second named by `reset` still belongs to it.
 */
export class ModelCounter {
  readonly windows: ModelWindow[] = []
  readonly #options: CounterOptions

  constructor(options: CounterOptions) {
    this.#options = options
  }

  /** A request arrives. Returns whether it was refused, and the headers. */
  arrive(time: number, whose: 'ours' | 'others'): { refused: boolean; rateLimit: RateLimit; window: number } {
    const window = this.#at(time)
    const used = window.ours + window.others
    const refused = used >= window.limit
    if (refused && whose === 'ours') window.refusedOurs++
    else if (refused) window.refusedOthers++
    else window[whose]++
    const remaining = Math.max(0, window.limit - window.ours - window.others)
    return {
      refused,
      rateLimit: { limit: window.limit, remaining, reset: window.reset },
      window: this.windows.length - 1,
    }
  }

  #at(time: number): ModelWindow {
    const last = this.windows.at(-1)
    if (last !== undefined && time < (last.reset + 1) * 1000) return last
    const opened: ModelWindow = {
      opened: time,
      limit: this.#options.limitOf(this.windows.length),
      reset: Math.floor(time / 1000) + this.#options.windowSeconds,
      ours: 0,
      others: 0,
      refusedOurs: 0,
      refusedOthers: 0,
    }
    this.windows.push(opened)
    return opened
  }
}

/** Numbers from 0 up to, not including, 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
