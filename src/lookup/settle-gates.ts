import { refusalsThatAsk } from '../rules/stop-reasons.ts'
import type { RefusalGate } from './refusal-gate.ts'

/**
 * Decides what can be decided at the gates of reads and of lifecycle calls once nothing is under way.
 *
 * A permission that is taken away shows at both gates. So refusals count as their users' own only once no request waits
 * at either gate, and the refusals at both count together, because nothing was accepted after the first of them. Users
 * who can't be read never come to the second gate: as long as reads may be refused because of the token, no refused
 * call counts as its user's own.
 *
 * @param atHalt whether no more rows come before those that are held have ended: because the input has ended, because a
 *   step must be done for all before the next, or because there is no room for more rows
 */
export function settleGates(reads: RefusalGate, sends: RefusalGate, atHalt: boolean): void {
  if (reads.isProbing) return
  if (sends.isHeld && reads.held > 0) {
    // All calls wait for a look at a user who may be one failure too many. If that user is held here, nothing else comes
    // that could show why.
    if (reads.waiting > 0) reads.settle(false)
    else if (!reads.probeAtHalt()) reads.settle(true)
    return
  }
  if (sends.isProbing) return
  const isLast = atHalt && reads.waiting === 0 && sends.waiting === 0
  // Users whom Okta has shown before, and the rows that come later, show what the few that are left here can't.
  if (isLast && (reads.probeAtHalt() || sends.probeAtHalt())) return
  const refusals = reads.refusalsInARow + sends.refusalsInARow
  if (isLast && reads.held > 0 && sends.held > 0 && refusals > refusalsThatAsk) {
    sends.refuseWith(reads.refusalsInARow)
    return
  }
  reads.settle(isLast)
  sends.settle(isLast && reads.isCalm)
}
