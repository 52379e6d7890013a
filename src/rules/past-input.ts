import type { UserSample } from '../input/user-sample.ts'

/** What is compared between inputs of a job. Its users are those with a row that is selected and due. */
export interface JobInput {
  readonly users: number
  readonly sample: UserSample
  /** The table's columns, in its order; null for JSON, whose records need not have the same keys. */
  readonly columns: readonly string[] | null
  /** Rows that repeat the same user's preceding row; null for runs from before this was recorded. */
  readonly repeatedRows: number | null
}

/**
 * What an earlier run says about the job.
 *
 * - `usual`: it came to its end, so that its input is an example of what is usual.
 * - `half_way`: it began, and was stopped or died before its end. Its input is not an example, but its users count as
 *   named.
 * - `taken_back`: an undo has taken it back. The same holds for its input and its users.
 */
export type Standing = 'usual' | 'half_way' | 'taken_back'

/** The input of an earlier run of the same job in the same org. */
export interface PastInput extends JobInput {
  readonly run: string
  /** RFC 3339 UTC. */
  readonly createdAt: string
  readonly standing: Standing
}
