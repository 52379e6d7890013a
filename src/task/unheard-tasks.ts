import type { TaskPlace } from '../rules/result.ts'

/** So many tasks whose calls all fail, without a call in between that Okta carries out or refuses, are no matter of their users. */
const mostOfUsers = 10

/**
 * The tasks whose calls have failed since Okta last carried out a call, or refused one. A few users may be such that Okta
 * can't act on them; if there are many in a row, something on the way stops all calls, though reads may still be answered.
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

  /** Whether there are so many that it is no matter of their users. */
  get areMany(): boolean {
    return this.count >= mostOfUsers
  }
}
