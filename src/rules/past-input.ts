import type { UserSample } from '../input/user-sample.ts'

/** What an input of a job came to: the users with a row that is selected and due. */
export interface JobInput {
  readonly users: number
  readonly sample: UserSample
  /** The table's columns, in its order; null for JSON, whose records need not have the same keys. */
  readonly columns: readonly string[] | null
  /** Rows that repeat the row before of the same user; null in runs from before they were kept. */
  readonly repeatedRows: number | null
}

/**
 * What an earlier run says about the job.
 *
 * - `usual`: it came to its end, so that its input is an example of what is usual.
 * - `half_way`: it began, and was stopped or died before its end. Its input is no example, but it has named its users.
 * - `taken_back`: an undo has taken it back. The same holds for it.
 */
export type Standing = 'usual' | 'half_way' | 'taken_back'

/** The input of an earlier run of the same job in the same org. */
export interface PastInput extends JobInput {
  readonly run: string
  /** RFC 3339 UTC. */
  readonly createdAt: string
  readonly standing: Standing
}
