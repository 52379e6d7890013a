import { grown } from '../rules/grown.ts'
import type { Position } from './journal.ts'

/**
 * The place of the line with each task's result. Only these places are kept in memory, not the results: twelve bytes
 * for each task, even in a run of a million tasks.
 */
export class ResultIndex {
  #offsets = new Float64Array(1024)
  /** 0 for a task without a result. */
  #lengths = new Uint32Array(1024)

  /** @param task the task's number, from 0 */
  set(task: number, { offset, length }: Position): void {
    this.#makeRoom(task)
    this.#offsets[task] = offset
    this.#lengths[task] = length
  }

  /** Null for a task without a result. */
  get(task: number): Position | null {
    const length = this.#lengths[task] ?? 0
    return length === 0 ? null : { offset: this.#offsets[task] ?? 0, length }
  }

  #makeRoom(task: number): void {
    if (task < this.#offsets.length) return
    const size = grown(this.#offsets.length, task + 1)
    const offsets = new Float64Array(size)
    const lengths = new Uint32Array(size)
    offsets.set(this.#offsets)
    lengths.set(this.#lengths)
    this.#offsets = offsets
    this.#lengths = lengths
  }
}
