/** How often the time is looked at while something is waited for. */
export const tickMs = 1_000
/** A gap between two looks from which on the process must have been paused: no work of its own blocks it for so long. */
const pausedFromMs = 5_000

/**
 * Time that passes only while this process runs. A process that was paused (SIGSTOP, a laptop asleep, a frozen container)
 * could hear nobody: when it wakes up, its calls have all run out of time, and that is no silence of Okta's.
 */
export class AwakeTime {
  readonly #monotonic: () => number
  #lookedAt: number
  #pausedMs = 0

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
    this.#lookedAt = monotonic()
  }

  /** Milliseconds that only grow, without the pauses. To be called every {@link tickMs}, or a pause is not seen. */
  now(): number {
    const now = this.#monotonic()
    const gap = now - this.#lookedAt
    this.#lookedAt = now
    if (gap >= pausedFromMs) this.#pausedMs += gap
    return now - this.#pausedMs
  }

  /** To be called before the first tick after a while without ticks, which is no pause. */
  begin(): void {
    this.#lookedAt = this.#monotonic()
  }
}
