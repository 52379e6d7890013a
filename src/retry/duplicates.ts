import { signatureOf } from '../input/row.ts'
import { leavesNoTrace } from '../okta/actions.ts'
import { namesOf } from '../rules/superseded.ts'
import type { RowWithResults } from '../run/rows-with-results.ts'

/**
 * Finds rows that were not run and would have been skipped as duplicates. A retry has only the rows that are left, so
 * it can't see that they repeat a row of their user that was carried out. The rows must come in the order of the input.
 *
 * Only rows with an action that leaves the status as it is are remembered: for all others, a read shows what was done.
 */
export class DuplicateRows {
  /** What the last row of each user asked for, by each name of the user; null if that row was not carried out. */
  readonly #last = new Map<string, string | null>()
  readonly #signatures = new Map<string, string>()

  /** Takes in a row. Returns whether it repeats the preceding row of its user and was not run. */
  see({ input, results }: RowWithResults): boolean {
    if (input.kind !== 'valid') return false
    const recorded = results.filter((result) => result !== null)
    const names = namesOf(input.user, recorded)
    const signature = signatureOf(input)
    const blind = input.actions.some((action) => leavesNoTrace(action))
    const repeats = blind && recorded.length === 0 && names.some((name) => this.#last.get(name) === signature)
    const stands =
      repeats ||
      (recorded.length === input.actions.length &&
        recorded.every(({ result, reason }) => result === 'succeeded' || reason === 'duplicate'))
    for (const name of names) {
      if (blind) this.#last.set(Buffer.from(name).toString(), stands ? this.#intern(signature) : null)
      else if (this.#last.has(name)) this.#last.set(name, null)
    }
    return repeats
  }

  #intern(signature: string): string {
    const known = this.#signatures.get(signature) ?? signature
    this.#signatures.set(known, known)
    return known
  }
}
