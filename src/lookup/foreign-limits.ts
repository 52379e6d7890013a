import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answered, isOktas } from '../okta/answer.ts'

/** Refusals of one window after the other, without a success, that stop a run. */
const mostWindows = 5
/** Refusals closer together than this are one: many calls may be in flight when a limit is met. */
const oneWindowMs = 1_000

/**
 * Limits that somebody between us and Okta sets: a 429 without anything of Okta's. What such a limit counts nobody says,
 * so a run that meets it again and again stops and says so, where one of Okta's own would only have to be waited out.
 */
export class ForeignLimits {
  readonly #monotonic: () => number
  readonly #met = new Map<string, { windows: number; at: number }>()

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Takes in an answer. Returns why the run has to stop; null while it may go on. */
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
    message: `Something between here and Okta limits the calls: 429 without Okta's headers, ${windows} times in a row with waits between.`,
    advice: { kind: 'fix', fix: 'Ask who runs the proxy or gateway about its limit' },
  }
}
