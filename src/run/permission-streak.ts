/** So many refusals for lack of permission in a row are a matter of the credentials, not of the users. */
export const refusalsThatStop = 10

/** A task by its place in the input. */
export interface TaskPlace {
  readonly row: number
  readonly step: number
}

/**
 * Counts E0000006 in a row. One is a matter of its user (an admin of some groups may not touch others); ten without a
 * success between are one of the token.
 */
export class PermissionStreak {
  #refused: TaskPlace[] = []

  /** After a call that was allowed. */
  allowed(): void {
    this.#refused = []
  }

  /**
   * After a refusal.
   *
   * @param task whose call or read it was
   * @returns whether it is the one that stops the run
   */
  refusal(task: TaskPlace): boolean {
    this.#refused.push(task)
    return this.#refused.length >= refusalsThatStop
  }

  /** The tasks whose refusals make up the present streak: they have no result, or one that does not count. */
  get refused(): readonly TaskPlace[] {
    return this.#refused
  }
}
