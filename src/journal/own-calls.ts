import { clocksApartMs, underWayUntil } from '../rules/doubt.ts'
import type { OwnCall } from '../rules/net-effect.ts'
import type { TaskResult } from '../rules/result.ts'
import type { InDoubtEvent, IntentEvent, JournalEvent } from './journal-event.ts'

/** What is known of a task's calls while it has no result. */
interface Sent {
  readonly first: number
  readonly last: number
  /** The time by which Okta had accepted the last one; null if no answer says so. */
  readonly acceptedBy: number | null
  /** If no answer says so: the latest moment at which Okta could have applied the last one. */
  readonly underWayUntil: number
  /** The second that Okta showed for its change, in epoch ms, if a look at the user proved it; otherwise null. */
  readonly shownAt: number | null
  readonly intent: IntentEvent
  /** Whether Okta's time was known so badly that somebody else's change may seem to be one of them, or ours another's. */
  readonly isVague: boolean
}

/** An answer of an older journal has only the best estimate of its time: it may be off by this much, in ms. */
const estimateMs = 1_000

/**
 * From here on, in ms, Okta's time was known badly as a call was sent: answers were very slow, or this machine's clock had
 * leapt.
 */
const vagueFromMs = 5_000

/** Okta shows whole seconds, rounded down. */
const shownWithinMs = 999

/**
 * Finds a run's own calls in its journal, in the order in which their tasks ended. Results that a retry took over from
 * another run are not among them: this journal holds none of their calls.
 */
export class OwnCalls {
  readonly #sent = new Map<string, Sent>()
  readonly #found: (call: OwnCall<TaskResult>) => void

  /** @param found called for each call */
  constructor(found: (call: OwnCall<TaskResult>) => void) {
    this.#found = found
  }

  /** Takes in the next event of the journal. */
  see(event: JournalEvent): void {
    switch (event.event) {
      case 'intent': {
        const { okta_time_at_least: last } = event
        const known = this.#sent.get(placeOf(event))
        const first = known?.first ?? last
        const isVague = known?.isVague === true || event.without_date === true
        const latest = latestOf(event, null)
        const times = { first, last, acceptedBy: null, underWayUntil: latest, shownAt: null }
        this.#sent.set(placeOf(event), { ...times, intent: event, isVague })
        break
      }
      case 'in_doubt': {
        const sent = this.#sent.get(placeOf(event))
        if (sent === undefined) break
        this.#sent.set(placeOf(event), { ...sent, underWayUntil: latestOf(sent.intent, event) })
        break
      }
      case 'answer': {
        const sent = this.#sent.get(placeOf(event))
        if (sent === undefined || event.outcome !== 'applied') break
        const acceptedBy = event.okta_time_at_most ?? event.okta_time + estimateMs
        this.#sent.set(placeOf(event), { ...sent, acceptedBy })
        break
      }
      case 'verdict': {
        const sent = this.#sent.get(placeOf(event))
        const shownAt = Date.parse(event.status_changed ?? '')
        if (sent === undefined || event.verdict !== 'applied' || Number.isNaN(shownAt)) break
        this.#sent.set(placeOf(event), { ...sent, shownAt })
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
    if (sent === undefined) return
    if (result.verified === 'not_held') this.#found({ kind: 'not_held', result })
    else if (result.result === 'succeeded') this.#found(callOf(sent, result))
  }
}

function callOf(sent: Sent, result: TaskResult): OwnCall<TaskResult> {
  const { first, last, acceptedBy, underWayUntil: latest, shownAt, isVague, intent } = sent
  const isVagueUnanswered = isVague || intent.okta_time - intent.okta_time_at_least > vagueFromMs
  if (acceptedBy === null && (intent.lost === true || isVagueUnanswered)) return { kind: 'unsure', result }
  if (isVague) return { kind: 'undated', result }
  if (shownAt !== null && shownAt > latest + clocksApartMs) return { kind: 'unsure', result }
  if (shownAt !== null) return { kind: 'dated', result, from: shownAt, until: shownAt + shownWithinMs }
  if (acceptedBy !== null) return { kind: 'dated', result, from: last, until: acceptedBy }
  // Without an answer, any of the calls may be the one that was applied, until the last could no longer be under way.
  // The doubt may have been settled days later: a change in between is somebody else's.
  const looked = Date.parse(result.finished_at ?? '')
  return { kind: 'dated', result, from: first, until: Math.min(latest, looked) }
}

/** The latest moment at which Okta could have applied an attempt, as far as its events tell. */
function latestOf(intent: IntentEvent, doubt: InDoubtEvent | null): number {
  const times = {
    intended: intent.okta_time + estimateMs,
    sent: doubt?.sent_okta_time ?? null,
    senderGone: Number.POSITIVE_INFINITY,
  }
  // A call may have run into its time limit unheard. What changes so late counts as somebody else's, which an undo leaves alone.
  return underWayUntil(times, doubt?.timed_out === true ? 'yes' : 'no', intent.request_timeout_ms)
}

function placeOf({ row, step }: { readonly row: number; readonly step: number }): string {
  return `${row} ${step}`
}
