import PQueue from 'p-queue'

/** The work in a slot. It never rejects; it reports its own errors. */
type SlotWork = () => Promise<void>

/**
 * The slots for requests under way, and the requests with a permit that wait for a slot. It is a p-queue with lifecycle
 * calls before reads. The number of slots may change at any time; if it shrinks, requests under way still end normally.
 */
export class SlotQueue {
  readonly #queue: PQueue

  /** @param size slots, from 1 */
  constructor(size: number) {
    this.#queue = new PQueue({ concurrency: size })
  }

  /** Slots with a request under way. */
  get busy(): number {
    return this.#queue.pending
  }

  /** Changes the number of slots. */
  resize(size: number): void {
    if (size !== this.#queue.concurrency) this.#queue.concurrency = size
  }

  /** Does the work in the next free slot. */
  add(work: SlotWork, kind: 'call' | 'read'): void {
    void this.#queue.add(work, { priority: kind === 'call' ? 1 : 0 })
  }

  /** Resolves when nothing is under way and nothing waits. */
  async whenIdle(): Promise<void> {
    await this.#queue.onIdle()
  }
}
