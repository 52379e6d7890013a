/** One thing that was checked. */
export interface Check {
  /** Fixed, for programs: `clock`. */
  readonly name: string
  readonly ok: boolean
  /** What was found, as one or two sentences. Holds no secret. */
  readonly message: string
  /** What to do about it, as an imperative; only if something is wrong. */
  readonly fix?: string
}

export function fine(name: string, message: string): Check {
  return { name, ok: true, message }
}

export function wrong(name: string, message: string, fix: string): Check {
  return { name, ok: false, message, fix }
}
