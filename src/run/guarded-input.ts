import type { Action } from '../okta/actions.ts'
import type { RunFile } from './run-file.ts'

/** What the guards judge about a run's input as a whole. */
interface GuardedInput {
  /** Distinct keys of the input as written. */
  readonly users: number
  /** The actions that may be sent; null if they are not known. */
  readonly actions: readonly Action[] | null
  /** What is unusual about the input and was not accepted; null if nothing is. */
  readonly unusual: string | null
}

/** The input of a run as its guards judge it. */
export function guardedInput({ input, unusual, accept_unusual: accepted }: RunFile): GuardedInput {
  return {
    users: input.users,
    actions: input.actions ?? null,
    unusual: accepted === true ? null : (unusual ?? null),
  }
}
