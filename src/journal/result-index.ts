import { Column } from '../rules/column.ts'
import type { Position } from './journal.ts'

/**
 * The place of the line with each task's result. Only these places are kept in memory, not the results: twelve bytes
 * for each task, even in a run of a million tasks.
 */
export class ResultIndex {
  readonly #offsets = new Column((length) => new Float64Array(length))
  /** 0 for a task without a result. */
  readonly #lengths = new Column((length) => new Uint32Array(length))

  /** @param task the task's number, from 0 */
  set(task: number, { offset, length }: Position): void {
    this.#offsets.set(task, offset)
    this.#lengths.set(task, length)
  }

  /** Null for a task without a result. */
  get(task: number): Position | null {
    const length = this.#lengths.get(task)
    return length === 0 ? null : { offset: this.#offsets.get(task), length }
  }
}
