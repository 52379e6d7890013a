import PQueue from 'p-queue'

/**
 * The most rows that may be parked in addition to those at work, waiting for a doubt to settle or a transition to end.
 */
const mostParked = 5_000
/** Rows at work for each slot: reading, waiting for a permit, preparing, sending and recording. */
const rowsPerSlot = 5
const fewestRows = 32
/** Rows that may wait to enter the queue. Once that many wait, no more input is read until all of them have entered. */
const rowsWaiting = 16

/** The rows at work at once. There are more of them than slots, so that a slot never waits for a read. */
export interface RowQueue {
  /** Starts a row once there is room. Resolves when the next row may be added. */
  add(work: () => Promise<void>): Promise<void>
  /** Waits without taking the place of a row at work. */
  parked<T>(wait: () => Promise<T>): Promise<T>
  /** Starts a row at once, without waiting for room. */
  addBeside(work: () => Promise<void>): Promise<void>
  idle(): Promise<void>
  /**
   * Whether every row at work is parked or waits at a gate.
   *
   * @param waiting rows that wait at a gate
   */
  isQuiet(waiting: number): boolean
  /** Rows at work, parked ones included. */
  readonly atWork: number
  /** Whether no row waits for room. */
  readonly isEmpty: boolean
  /** Whether rows wait for room and get none until a row ends. */
  readonly isFull: boolean
}

/**
 * A bounded queue for rows: memory does not grow with the input.
 *
 * @param onParked called when a row parks or ends
 */
export function createRowQueue(concurrency: number, onParked: () => void = () => {}): RowQueue {
  const mostAtWork = Math.max(fewestRows, concurrency * rowsPerSlot)
  const queue = new PQueue({ concurrency: mostAtWork })
  const beside = new Set<Promise<void>>()
  let parkedRows = 0
  const adjust = (change: 1 | -1): void => {
    parkedRows += change
    queue.concurrency = mostAtWork + Math.min(parkedRows, mostParked)
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
    get atWork() {
      return queue.pending + beside.size
    },
    get isEmpty() {
      return queue.size === 0
    },
    get isFull() {
      return queue.size > 0 && queue.pending >= queue.concurrency
    },
  }
}
