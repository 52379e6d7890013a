import type { TaskResult } from '../rules/result.ts'
import type { Journal } from './journal.ts'
import type { JournalEvent } from './journal-event.ts'
import type { JournalState } from './journal-state.ts'

/** Writes events to the journal and keeps the run's state in step with it. */
export class Recorder {
  readonly #journal: Journal
  readonly #onEnded: (result: TaskResult) => void
  readonly #onResult: (result: TaskResult) => void
  readonly state: JournalState

  /**
   * @param onResult called for every result that is on disk
   * @param onEnded called for every result as soon as it is known
   */
  constructor(
    journal: Journal,
    state: JournalState,
    onResult: (result: TaskResult) => void,
    onEnded: (result: TaskResult) => void = () => {},
  ) {
    this.#journal = journal
    this.#onEnded = onEnded
    this.#onResult = onResult
    this.state = state
  }

  /** Records an event and waits until it is on disk. */
  async record(event: JournalEvent): Promise<void> {
    const { position, durable } = this.#journal.append(event)
    // A task is reported by what Okta said. That must be on disk before it counts: otherwise a full disk would take it
    // back.
    const countsOnDisk = event.event === 'answer' || event.event === 'verdict'
    if (position !== null && !countsOnDisk) this.state.apply(event, position)
    await durable
    if (position !== null && countsOnDisk) this.state.apply(event, position)
  }

  /** Records an event without waiting. The next caller that waits gets its failure. */
  note(event: JournalEvent): void {
    this.record(event).catch(() => {})
  }

  /**
   * Records how a task ended and waits until it is on disk. Only then does it count.
   *
   * @throws JournalFailed when it can't be written; the task then has no result
   */
  async result(result: TaskResult): Promise<void> {
    this.#onEnded(result)
    const event: JournalEvent = { event: 'result', ...result }
    const { position, durable } = this.#journal.append(event)
    await durable
    if (position !== null) this.state.apply(event, position)
    this.#onResult(result)
  }
}
