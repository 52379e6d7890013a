/** The `jti`s of tokens that were taken once, each for as long as its token could be taken again. */
export class SeenIds {
  readonly #until = new Map<string, number>()

  /** Takes in an id until a moment, in seconds since 1970 as `now` is; false if it is there already. */
  take(id: string, until: number, now: number): boolean {
    const known = this.#until.get(id)
    if (known !== undefined && known >= now) return false
    // The oldest come first, nearly in the order in which they end: a few a call keeps the list short.
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
