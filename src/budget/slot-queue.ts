/** What is done in a slot. It never rejects: what goes wrong is its own to tell. */
export type SlotWork = () => Promise<void>

/**
 * The slots in which requests are under way, and those who have a permit and wait for one. Lifecycle calls come before
 * reads. The number of slots may change at any time; what is under way beyond it ends first.
 *
 * Rows wait in p-queue; here every request passes, and its promises and events would be a noticeable part of what a
 * request costs.
 */
export class SlotQueue {
  #size: number
  #busy = 0
  readonly #calls: SlotWork[] = []
  readonly #reads: SlotWork[] = []
  readonly #idle: (() => void)[] = []

  /** @param size slots, from 1 */
  constructor(size: number) {
    this.#size = size
  }

  /** Slots in which something is under way. */
  get busy(): number {
    return this.#busy
  }

  /** Changes the number of slots. */
  resize(size: number): void {
    this.#size = size
    this.#fill()
  }

  /** Does the work in the next slot that is free. */
  add(work: SlotWork, kind: 'call' | 'read'): void {
    const waiting = kind === 'call' ? this.#calls : this.#reads
    waiting.push(work)
    this.#fill()
  }

  /** Resolves when nothing is under way and nothing waits. */
  async whenIdle(): Promise<void> {
    if (this.#busy === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #fill(): void {
    while (this.#busy < this.#size) {
      const work = this.#calls.shift() ?? this.#reads.shift()
      if (work === undefined) return
      this.#busy++
      void work().then(this.#leave)
    }
  }

  readonly #leave = (): void => {
    this.#busy--
    this.#fill()
    if (this.#busy > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
