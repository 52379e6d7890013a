import { SentRecently } from '../journal/sent-recently.ts'
import { OktaClock } from '../okta/clock.ts'

/**
 * What was sent before an execution: by the runs that it goes on from, and by this process. What this process was shown
 * holds by the clock that it has used, so whatever it does next goes by the same one.
 */
export class SentBefore extends SentRecently {
  readonly clock: OktaClock

  /** @param clock of this process; by default one that has seen no answer yet */
  constructor(clock: OktaClock = new OktaClock()) {
    super()
    this.clock = clock
  }
}
