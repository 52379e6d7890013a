/** The `jti`s of tokens that were accepted once, each kept for as long as its token could be accepted again. */
export class SeenIds {
  readonly #until = new Map<string, number>()

  /** Keeps an id until a moment, in seconds since 1970 like `now`; false if it is kept already. */
  take(id: string, until: number, now: number): boolean {
    const known = this.#until.get(id)
    if (known !== undefined && known >= now) return false
    // The oldest come first, nearly in the order in which they end: checking a few per call keeps the list short.
    let looked = 0
    for (const [old, end] of this.#until) {
      if (looked === 8) break
      looked += 1
      if (end < now) this.#until.delete(old)
    }
    this.#until.set(id, until)
    return true
  }
}
