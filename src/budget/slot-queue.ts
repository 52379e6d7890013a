import PQueue from 'p-queue'

/** What is done in a slot. It never rejects: what goes wrong is its own to tell. */
type SlotWork = () => Promise<void>

/**
 * The slots in which requests are under way, and those who have a permit and wait for one: p-queue, with lifecycle
 * calls before reads. The number of slots may change at any time; what is under way beyond it ends first.
 */
export class SlotQueue {
  readonly #queue: PQueue

  /** @param size slots, from 1 */
  constructor(size: number) {
    this.#queue = new PQueue({ concurrency: size })
  }

  /** Slots in which something is under way. */
  get busy(): number {
    return this.#queue.pending
  }

  /** Changes the number of slots. */
  resize(size: number): void {
    if (size !== this.#queue.concurrency) this.#queue.concurrency = size
  }

  /** Does the work in the next slot that is free. */
  add(work: SlotWork, kind: 'call' | 'read'): void {
    void this.#queue.add(work, { priority: kind === 'call' ? 1 : 0 })
  }

  /** Resolves when nothing is under way and nothing waits. */
  async whenIdle(): Promise<void> {
    await this.#queue.onIdle()
  }
}
