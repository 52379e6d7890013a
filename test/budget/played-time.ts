/** When plays begin: not at the beginning of a second, as most moments. */
export const epoch = Date.parse('2026-03-02T10:00:00.400Z')

interface Event {
  readonly time: number
  readonly run: () => void
}

/** Simulated time in epoch ms. It passes only from one event to the next. */
export class PlayedTime {
  #now = epoch
  /** In order of time. Of those at the same time, the one that was planned first comes first. */
  readonly #events: Event[] = []

  get now(): number {
    return this.#now
  }

  /** Plans an event. One whose time has passed already comes next. */
  at(time: number, run: () => void): void {
    let index = this.#events.length
    while (index > 0 && (this.#events[index - 1]?.time ?? 0) > time) index--
    this.#events.splice(index, 0, { time, run })
  }

  /** Lets happen what is planned up to a time, and all that follows from it by then. */
  runUntil(end: number): void {
    for (;;) {
      const next = this.#events[0]
      if (next === undefined || next.time > end) return
      this.#events.shift()
      this.#now = Math.max(this.#now, next.time)
      next.run()
    }
  }
}
