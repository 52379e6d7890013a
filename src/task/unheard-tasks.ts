import type { TaskPlace } from '../rules/result.ts'

/** When so many tasks fail in a row, their users are not the cause. */
const mostOfUsers = 10

/**
 * The tasks whose calls have failed since Okta last carried out a call, or refused one. Okta may be unable to act on a few
 * users. If the calls of many users fail in a row, something on the way stops all calls, though reads may still be answered.
 */
export class UnheardTasks {
  readonly #tasks = new Set<string>()

  /** Okta has carried out a call, or has refused it. */
  heard(): void {
    this.#tasks.clear()
  }

  /** A call of a task has failed. */
  failed({ row, step }: TaskPlace): void {
    this.#tasks.add(`${row} ${step}`)
  }

  /** How many there are. */
  get count(): number {
    return this.#tasks.size
  }

  /** Whether there are so many that their users are not the cause. */
  get areMany(): boolean {
    return this.count >= mostOfUsers
  }
}
