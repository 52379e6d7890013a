/** How often to read the clock while an answer is awaited. */
export const tickMs = 1_000
/**
 * A gap of at least this long between two readings means that the process was paused: its own work never takes so long.
 */
const pausedFromMs = 5_000

/**
 * Time that passes only while this process runs. A process that was paused (SIGSTOP, a laptop asleep, a frozen
 * container) could receive nothing: when it wakes up, all its calls have timed out, but Okta was not silent.
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

  /**
   * Milliseconds that only grow, without the pauses. Call it every {@link tickMs}: a much longer gap counts as a pause.
   */
  now(): number {
    const now = this.#monotonic()
    const gap = now - this.#lookedAt
    this.#lookedAt = now
    if (gap >= pausedFromMs) this.#pausedMs += gap
    return now - this.#pausedMs
  }

  /** Call it before the first tick after a while without ticks: such a while is not a pause. */
  begin(): void {
    this.#lookedAt = this.#monotonic()
  }
}
