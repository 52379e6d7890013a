/**
 * The end of a time limit after which something must no longer be done.
 *
 * It passes by the monotonic clock. The monotonic clock of some systems stands still while the machine sleeps, so it
 * passes by the wall clock as well, whichever is first. A wall clock that is set forward ends it early, which does no
 * harm where what was not done can be prepared again.
 */
export class Deadline {
  readonly #monotonic: number
  readonly #wall: number

  /** @param milliseconds from now on */
  constructor(milliseconds: number) {
    this.#monotonic = performance.now() + milliseconds
    this.#wall = Date.now() + milliseconds
  }

  get passed(): boolean {
    return performance.now() >= this.#monotonic || Date.now() >= this.#wall
  }
}
