import type { TaskResult } from './result.ts'

type Refused = Pick<TaskResult, 'row' | 'step' | 'result' | 'reason'>

/** So many refusals for lack of permission in a row are a matter of the credentials, not of the users. */
export const refusalsThatStop = 10

/**
 * Counts E0000006 in a row. One is a matter of its user (an admin of some groups may not touch others); ten without a
 * success between are one of the token.
 */
export class PermissionStreak {
  #refused: Refused[] = []
  #length = 0

  /** After a call that was allowed. */
  allowed(): void {
    this.#refused = []
    this.#length = 0
  }

  /**
   * After a refusal.
   *
   * @returns whether it is the one that stops the run
   */
  refusal(): boolean {
    this.#length++
    return this.#length >= refusalsThatStop
  }

  /** Notes a result that rests on a refusal of the present streak, to be taken back if the streak stops the run. */
  note(result: Refused): void {
    if (this.#length > 0) this.#refused.push(result)
  }

  /** The results that the refusals of the present streak led to. */
  get refused(): readonly Refused[] {
    return this.#refused
  }
}
