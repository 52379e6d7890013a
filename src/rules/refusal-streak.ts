/** So many refusals in a row are a matter of all, not of the users that they concern. */
export const refusalsThatStop = 10

/** A task by its place in the input. */
export interface TaskPlace {
  readonly row: number
  readonly step: number
}

/**
 * Counts refusals in a row that may be a matter of their users. One E0000006 is (an admin of some groups may not touch
 * others); ten without a success between are one of the token. One user for whom a proxy answers in Okta's stead is (a
 * filter that takes offence at a login); ten are one of the way to Okta.
 */
export class RefusalStreak {
  #refused: TaskPlace[] = []
  #successes = 0

  /** After a success. */
  allowed(): void {
    this.#refused = []
    this.#successes++
  }

  /** How many successes there were: whether one came between is seen by it. */
  get successes(): number {
    return this.#successes
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
