import { exitCodes, KnownError } from '../../messages/known-error.ts'
import { isAway } from '../../store/store-error.ts'

/** How long a run that this worker could not carry out is left to others. */
const leaveAloneMs = 60_000
/**
 * The same if only the moment was bad: another process held the run's job just then, as one does that submits its next
 * run, or the store was away. Until that has passed, a try ends early, when the run is claimed or its files are copied.
 */
const briefMs = 5_000

/** The runs that a worker leaves to others for a while, because it could not carry them out. Times are monotonic, in ms. */
export class LeftAlone {
  readonly #until = new Map<string, number>()

  /** Leaves a run alone from now on, for as long as the error is likely to come again. */
  leave(runId: string, error: unknown, now: number): void {
    this.#until.set(runId, now + (mayPassSoon(error) ? briefMs : leaveAloneMs))
  }

  has(runId: string, now: number): boolean {
    return now < (this.#until.get(runId) ?? now)
  }

  /** How long until one of them may be tried again; null if there is none. Forgets those whose time has come. */
  nextInMs(now: number): number | null {
    for (const [runId, until] of this.#until) if (until <= now) this.#until.delete(runId)
    return this.#until.size === 0 ? null : Math.min(...this.#until.values()) - now
  }
}

function mayPassSoon(error: unknown): boolean {
  return isAway(error) || (error instanceof KnownError && error.exitCode === exitCodes.heldElsewhere)
}
