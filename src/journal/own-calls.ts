import type { TaskResult } from '../rules/result.ts'
import type { JournalEvent } from './journal-event.ts'

/** A call of the run itself that was applied, and the span of time in which Okta applied it. */
export interface OwnCall {
  readonly result: TaskResult
  /** Epoch milliseconds by Okta's clock. */
  readonly from: number
  readonly until: number
}

/** What is known of a task's calls while it has no result. */
interface Sent {
  readonly first: number
  readonly last: number
  /** When Okta had accepted the last one; null if no answer says so. */
  readonly acceptedBy: number | null
}

/** An answer of an older journal has only the best estimate of its time: it may be off by so much. */
const estimateMs = 1_000

/**
 * Finds a run's own applied calls in its journal, in the order in which their tasks ended. Results that a retry took
 * over from another run are not among them: no call of theirs stands in this journal.
 */
export class OwnCalls {
  readonly #sent = new Map<string, Sent>()
  readonly #found: (call: OwnCall) => void

  /** @param found called for each call */
  constructor(found: (call: OwnCall) => void) {
    this.#found = found
  }

  /** Takes in the next event of the journal. */
  see(event: JournalEvent): void {
    switch (event.event) {
      case 'intent': {
        const { okta_time_at_least: last } = event
        const first = this.#sent.get(placeOf(event))?.first ?? last
        this.#sent.set(placeOf(event), { first, last, acceptedBy: null })
        break
      }
      case 'answer': {
        const sent = this.#sent.get(placeOf(event))
        if (sent === undefined || event.outcome !== 'applied') break
        const acceptedBy = event.okta_time_at_most ?? event.okta_time + estimateMs
        this.#sent.set(placeOf(event), { ...sent, acceptedBy })
        break
      }
      case 'result':
        this.#end(event)
        break
      default:
        break
    }
  }

  #end(result: TaskResult): void {
    const sent = this.#sent.get(placeOf(result))
    this.#sent.delete(placeOf(result))
    if (sent === undefined || result.result !== 'succeeded') return
    const { first, last, acceptedBy } = sent
    // Without an answer, any of the calls may be the one that was applied, up to the look that showed it.
    this.#found(
      acceptedBy === null
        ? { result, from: first, until: Date.parse(result.finished_at ?? '') }
        : { result, from: last, until: acceptedBy },
    )
  }
}

function placeOf({ row, step }: { readonly row: number; readonly step: number }): string {
  return `${row} ${step}`
}
