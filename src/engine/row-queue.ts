import PQueue from 'p-queue'

/** Rows that may wait parked, for a doubt to settle or a transition to end, beside those at work. */
const mostParked = 5_000
/** Rows at work for each slot: read, waiting for a permit, being prepared, sent, and being recorded. */
const rowsPerSlot = 5
const fewestRows = 32
/** Rows that may stand before the queue: once so many do, the input is read on when all have been let in. */
const rowsWaiting = 16

/** The rows that are at work at once: some more than there are slots, so that a slot never waits for a read. */
export interface RowQueue {
  /** Starts a row once there is room. Resolves when the next may come. */
  add(work: () => Promise<void>): Promise<void>
  /** Waits without taking the place of a row at work. */
  parked<T>(wait: () => Promise<T>): Promise<T>
  /** Starts a row at once, beside those that wait for room. */
  addBeside(work: () => Promise<void>): Promise<void>
  idle(): Promise<void>
  /**
   * Whether every row at work is parked, or one of those that wait at a gate.
   *
   * @param waiting rows that wait at a gate
   */
  isQuiet(waiting: number): boolean
  /** Whether no row waits for room. */
  readonly isEmpty: boolean
}

/**
 * A queue for rows, bounded: memory does not grow with the input.
 *
 * @param onParked called when a row parks or ends
 */
export function createRowQueue(concurrency: number, onParked: () => void = () => {}): RowQueue {
  const atWork = Math.max(fewestRows, concurrency * rowsPerSlot)
  const queue = new PQueue({ concurrency: atWork })
  const beside = new Set<Promise<void>>()
  let parkedRows = 0
  const adjust = (change: 1 | -1): void => {
    parkedRows += change
    queue.concurrency = atWork + Math.min(parkedRows, mostParked)
  }
  return {
    async add(work) {
      void queue.add(work).then(onParked)
      if (queue.size >= rowsWaiting) await queue.onSizeLessThan(1)
    },
    async parked(wait) {
      adjust(1)
      onParked()
      try {
        return await wait()
      } finally {
        adjust(-1)
      }
    },
    async addBeside(work) {
      const running = work().finally(() => {
        beside.delete(running)
        onParked()
      })
      beside.add(running)
      await running
    },
    async idle() {
      await queue.onIdle()
      while (beside.size > 0) await Promise.allSettled(beside)
    },
    isQuiet: (waiting) => queue.pending + beside.size === parkedRows + waiting,
    get isEmpty() {
      return queue.size === 0
    },
  }
}
