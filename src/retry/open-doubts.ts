import type { JournalEvent } from '../journal/journal-event.ts'
import type { OpenAttempt } from '../journal/journal-state.ts'

/**
 * The attempts of a run of which nobody knows whether they were applied: those without an end, and those whose task ended
 * in doubt. Fed with the journal's events in their order.
 */
export class OpenDoubts {
  readonly #open = new Map<string, OpenAttempt>()

  apply(event: JournalEvent): void {
    switch (event.event) {
      case 'intent':
        this.#open.set(taskOf(event), { intent: event, doubt: null })
        break
      case 'in_doubt': {
        const known = this.#open.get(taskOf(event))
        if (known?.intent.attempt === event.attempt) {
          this.#open.set(taskOf(event), { ...known, doubt: event })
        }
        break
      }
      case 'not_applied':
        this.#open.delete(taskOf(event))
        break
      case 'verdict':
        if (event.verdict === 'not_applied') this.#open.delete(taskOf(event))
        break
      case 'result':
        if (event.result !== 'in_doubt') this.#open.delete(taskOf(event))
        break
      default:
        break
    }
  }

  /** The attempt to settle before a task is taken up; null where there is none. */
  of(row: number, step: number): OpenAttempt | null {
    return this.#open.get(taskOf({ row, step })) ?? null
  }
}

function taskOf({ row, step }: { readonly row: number; readonly step: number }): string {
  return `${row}/${step}`
}
