import { undatedWithinMs } from '../rules/doubt.ts'
import type { IntentEvent } from './journal-event.ts'

/** Whether no answer had shown Okta's time when an attempt was made: its times are this machine's. */
export function isUndated({ okta_time, okta_time_at_least, lost }: IntentEvent): boolean {
  return lost !== true && okta_time - okta_time_at_least >= undatedWithinMs
}

/** The latest moment at which an intent can have been written, in epoch ms by Okta's clock; this machine's if it is undated. */
export function latestTimeOf(intent: IntentEvent): number {
  const { okta_time, okta_time_at_least, lost } = intent
  // The best estimate lies in the middle between the earliest and the latest moment.
  return lost === true || isUndated(intent) ? okta_time : 2 * okta_time - okta_time_at_least
}
