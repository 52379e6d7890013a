/**
 * How a journal ends by what `run.json` says of its run.
 * - `uncalled`: after this head, or at all if it is not known, no call of an execution of the run itself follows.
 * - `stopped`: its last execution has ended.
 * - `finished`: its last execution has ended with every task done.
 */
export type JournalEnding = 'uncalled' | 'stopped' | 'finished'

/** Compares how a journal ends with what `run.json` says of its run. */
export class EndingCheck {
  readonly #ends: JournalEnding
  /** How far the journal is known to reach, in bytes. */
  readonly #knownBytes: number
  #hasBegun = false
  #hasCalls = false
  #isOver = false
  #isFinished = false

  /** @param head how far the journal was; where nobody knows whether it was further, all of its calls count */
  constructor(
    ends: JournalEnding,
    { bytes, orFurther }: { readonly bytes: number; readonly orFurther?: string },
  ) {
    this.#ends = ends
    this.#knownBytes = orFurther === undefined ? bytes : 0
  }

  /** Takes in the next sound line. */
  take(line: Buffer, offset: number): void {
    switch (kindOf(line)) {
      case 'execution':
        this.#hasBegun = true
        this.#end(false, false)
        break
      case 'intent':
        // What a retry took over stands before its first execution.
        this.#hasCalls ||= this.#hasBegun && offset >= this.#knownBytes
        break
      case 'stopped':
        this.#end(true, line.includes('"state":"finished"'))
        break
      // Whoever goes on from a part of a journal is told what that means.
      case 'cut':
        this.#end(true, false)
        break
    }
  }

  /** Why the journal may be cut short, for a person; null if its end is as it must be. To be asked after the last line. */
  whyCutShort(): string | null {
    switch (this.#ends) {
      case 'uncalled':
        return this.#hasCalls
          ? 'run.json is from before the run began to send, and nothing says how far the journal was on disk'
          : null
      case 'stopped':
        return this.#hasBegun && !this.#isOver
          ? 'run.json says that the run has come to a stop, and the journal does not show that stop'
          : null
      case 'finished':
        return this.#isFinished
          ? null
          : 'run.json says that the run is finished, and the journal does not show that'
    }
  }

  /** Whether that end shows by itself that nothing followed, whatever else is lost. */
  get isEnough(): boolean {
    return this.#ends !== 'stopped'
  }

  #end(isOver: boolean, isFinished: boolean): void {
    this.#isOver = isOver
    this.#isFinished = isFinished
  }
}

/** The kind of a line's event: the first of its fields. */
function kindOf(line: Buffer): string | null {
  return /^\{"event":"([a-z_]+)"/.exec(line.toString('latin1', 0, 40))?.[1] ?? null
}
