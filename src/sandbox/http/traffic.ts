/** What a sandbox has answered since it started. */
export interface TrafficCounts {
  /** Requests that arrived. */
  readonly requests: number
  /** Answers by HTTP status; a call that a fault left without an answer counts as `none`. */
  readonly answers: Readonly<Record<string, number>>
  /** The most requests that were under way at once. */
  readonly mostAtOnce: number
}

/** Counts a sandbox's requests as they come and go. */
export class Traffic {
  readonly #answers: Record<string, number> = {}
  #requests = 0
  #underWay = 0
  #mostAtOnce = 0

  /** A request has arrived. Returns how many are under way with it. */
  begin(): number {
    this.#requests += 1
    this.#underWay += 1
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#underWay)
    return this.#underWay
  }

  /** A request has ended: answered with this HTTP status, or `none`. */
  end(answer: number | 'none'): void {
    this.#underWay -= 1
    this.#answers[answer] = (this.#answers[answer] ?? 0) + 1
  }

  /** The counts up to now. */
  counts(): TrafficCounts {
    return { requests: this.#requests, answers: { ...this.#answers }, mostAtOnce: this.#mostAtOnce }
  }
}
