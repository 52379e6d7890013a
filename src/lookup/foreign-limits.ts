import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answered, isOktas } from '../okta/answer.ts'

/** The run stops after this many refused windows in a row without a success. */
const mostWindows = 5
/** Refusals closer together than this count as one, because many calls may be in flight when a limit is hit. */
const oneWindowMs = 1_000

/**
 * Limits that something between us and Okta sets: a 429 without any sign of Okta. What such a limit counts is not
 * known. Okta's own limits need only a wait, but a run that hits one of these again and again stops and says so.
 */
export class ForeignLimits {
  readonly #monotonic: () => number
  readonly #met = new Map<string, { windows: number; at: number }>()

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Takes in an answer. Returns why the run must stop; null while it may go on. */
  take(bucket: string, answer: Answered): StopReason | null {
    if (answer.httpStatus !== 429) {
      this.#met.delete(bucket)
      return null
    }
    if (isOktas(answer)) return null
    const now = this.#monotonic()
    const known = this.#met.get(bucket) ?? { windows: 0, at: Number.NEGATIVE_INFINITY }
    if (now - known.at < oneWindowMs) return null
    const windows = known.windows + 1
    this.#met.set(bucket, { windows, at: now })
    return windows < mostWindows ? null : limitedByOthers(windows)
  }
}

function limitedByOthers(windows: number): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Something between here and Okta limits the calls: it answered 429 without Okta's headers ${windows} times in a row, with waits in between.`,
    advice: { kind: 'fix', fix: 'Ask who runs the proxy or gateway about its limit' },
  }
}
