import type { Gate, RefusalGate, Refused } from '../lookup/refusal-gate.ts'
import type { Answer } from '../okta/answer.ts'

/**
 * Lets the calls of a probe pass while all others wait, and counts their answers. Its rows also read their users without
 * waiting: nothing else is decided before the probe has ended. Whoever can't be read is held like others, and counts as
 * refused.
 */
export class ProbeGate implements Gate {
  readonly #main: RefusalGate
  readonly reads: Gate
  readonly outcome = { allowed: 0, refused: 0 }
  #answered: () => void = () => {}

  constructor(main: RefusalGate, reads: Gate) {
    this.#main = main
    this.reads = {
      pass: async (_row, call) => await call(() => true),
      allowed: () => {},
      refused: async (row, answer, of) => {
        this.#countRefusal(of)
        await reads.refused(row, answer, of)
      },
    }
  }

  #countRefusal({ isKnown }: Refused): void {
    if (!isKnown) this.outcome.refused++
    this.#answered()
  }

  /** Resolves at the next answer to a call of the probe. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve
    })
  }

  async pass<T>(_row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T> {
    await this.#main.whileHeld()
    return await call(() => !this.#main.isHeld)
  }

  allowed(_row: number): void {
    this.outcome.allowed++
    this.#answered()
  }

  async refused(row: number, answer: Answer, of: Refused): Promise<void> {
    this.#countRefusal(of)
    await this.#main.refused(row, answer, of)
  }
}
