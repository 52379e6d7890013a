import type { Journal } from './journal.ts'
import type { JournalEvent } from './journal-event.ts'
import type { TaskResult } from './result.ts'
import type { RunState } from './run-state.ts'
import { RunStopped } from './stop.ts'

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
  async record(event: JournalEvent): Promise<void> {
    const { position, durable } = this.#journal.append(event)
    this.state.apply(event, position)
    await durable
  }

  /** Records an event that nothing has to wait for. */
  note(event: JournalEvent): void {
    const { position, durable } = this.#journal.append(event)
    this.state.apply(event, position)
    // A journal that fails shows itself to the next who waits.
    durable.catch(() => {})
  }

  /**
   * Records how a task ended and waits until it is on disk.
   *
   * @throws RunStopped where the row's results were taken back meanwhile
   */
  async result(result: TaskResult): Promise<void> {
    if (this.#reopenedRows.has(result.row)) throw new RunStopped()
    await this.record({ event: 'result', ...result })
    this.#onResult(result)
  }

  /** Takes back results: the tasks, and the later steps of their rows, have none from now on. */
  reopen(tasks: readonly Pick<TaskResult, 'row' | 'step' | 'result' | 'reason'>[], why: string): void {
    for (const { row } of tasks) this.#reopenedRows.add(row)
    if (tasks.length > 0) this.note({ event: 'reopened', tasks, why })
  }
}
