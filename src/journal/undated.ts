import { undatedWithinMs } from '../rules/doubt.ts'
import type { IntentEvent } from './journal-event.ts'

/** Whether no answer had shown Okta's time when an attempt was made: its times are this machine's. */
export function isUndated({ okta_time, okta_time_at_least, lost }: IntentEvent): boolean {
  return lost !== true && okta_time - okta_time_at_least >= undatedWithinMs
}
