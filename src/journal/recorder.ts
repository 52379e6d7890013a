import { RunStopped } from '../messages/stop.ts'
import type { TaskPlace } from '../rules/refusal-streak.ts'
import type { TaskResult } from '../rules/result.ts'
import type { Journal } from './journal.ts'
import type { JournalEvent } from './journal-event.ts'
import type { RunState } from './journal-state.ts'

/** Writes events to the journal and keeps the run's state in step with it. */
export class Recorder {
  readonly #journal: Journal
  readonly #onResult: (result: TaskResult) => void
  readonly #reopenedRows = new Set<number>()
  readonly state: RunState

  /** @param onResult called for every result that is on disk */
  constructor(journal: Journal, state: RunState, onResult: (result: TaskResult) => void) {
    this.#journal = journal
    this.#onResult = onResult
    this.state = state
  }

  /** Records an event and waits until it is on disk. */
  record(event: JournalEvent): Promise<void> {
    const { position, durable } = this.#journal.append(event)
    if (position !== null) this.state.apply(event, position)
    return durable
  }

  /** Records an event that nothing has to wait for. */
  note(event: JournalEvent): void {
    const { position, durable } = this.#journal.append(event)
    if (position !== null) this.state.apply(event, position)
    // A journal that fails shows itself to the next who waits.
    durable.catch(() => {})
  }

  /**
   * Records how a task ended and waits until it is on disk.
   *
   * @throws RunStopped where the row's results were taken back meanwhile
   * @throws JournalFailed where it can't be written; then the task has no result
   */
  async result(result: TaskResult): Promise<void> {
    if (this.#reopenedRows.has(result.row)) throw new RunStopped()
    try {
      await this.record({ event: 'result', ...result })
    } catch (error) {
      // Its line may be in the file or not; for this process there is none.
      this.state.takeBack([result])
      throw error
    }
    this.#onResult(result)
  }

  /**
   * Takes back what rests on refusals: these tasks, and the later steps of their rows, have no result from now on, also
   * where one is just being recorded or about to be.
   */
  reopen(refused: readonly TaskPlace[], why: string): void {
    for (const { row } of refused) this.#reopenedRows.add(row)
    const tasks = refused.flatMap((task) => this.state.resultsFrom(task))
    if (tasks.length > 0) this.note({ event: 'reopened', tasks, why })
  }
}
