import type { JournalState } from '../journal/journal-state.ts'
import type { Bucket } from '../okta/bucket.ts'
import type { TaskResult } from '../rules/result.ts'
import type { RunFile } from '../run/run-file.ts'

/**
 * What the tasks of an execution have cost so far. Many tasks need no call, such as those of users who are where their
 * rows lead already, and nobody knows beforehand how many: so those that are left are expected to cost as much as the
 * others did. Duplicates and rows that are not due were counted when the input was read.
 */
export class WorkSeen {
  readonly #run: RunFile
  #done = 0
  #called = 0
  #read = 0

  constructor(run: RunFile) {
    this.#run = run
  }

  /** Takes in a result of this execution. */
  see({ attempts, http_status: httpStatus, reason }: TaskResult): void {
    if (isCounted(reason)) return
    this.#done++
    if (attempts > 0) this.#called++
    if (httpStatus !== null) this.#read++
  }

  /** Which part of the tasks that are left will need requests of a bucket, from 0 to 1. */
  shareOf(bucket: Bucket, state: JournalState): number {
    const left = this.#run.input.tasks - state.done
    if (left <= 0) return 0
    const open = left - Math.min(left, Math.max(0, this.#idle() - idleIn(state)))
    const needed = bucket === '/api/v1/users/{id}' ? this.#read : this.#called
    return (open / left) * (this.#done === 0 ? 1 : needed / this.#done)
  }

  /** How many tasks of the whole input are duplicates or not due. */
  #idle(): number {
    const { tasks, rows, users, due_users: due = users, repeated_rows: repeated = 0 } = this.#run.input
    const duplicates = rows === 0 ? 0 : (repeated * tasks) / rows
    return duplicates + (users === 0 ? 0 : (tasks - duplicates) * (1 - due / users))
  }
}

function isCounted(reason: TaskResult['reason']): boolean {
  return reason === 'duplicate' || reason === 'not_due'
}

function idleIn({ counts }: JournalState): number {
  return (counts.get('skipped:duplicate') ?? 0) + (counts.get('skipped:not_due') ?? 0)
}
