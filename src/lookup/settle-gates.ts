import { refusalsThatAsk } from '../rules/stop-reasons.ts'
import type { RefusalGate } from './refusal-gate.ts'

/**
 * Decides what can be decided at the gates of reads and of lifecycle calls once nothing is under way.
 *
 * A permission that is taken away shows at both gates. So refusals count as their users' own only once no request waits
 * at either gate, and the refusals at both count together, since nothing was accepted after the first of them. Users who
 * can't be read never come to the second gate: as long as reads may be refused because of the token, no refused call
 * counts as its user's own.
 *
 * @param ended whether no more rows come
 */
export function settleGates(
  reads: Pick<RefusalGate, 'settle' | 'isCalm' | 'held' | 'waiting'>,
  sends: Pick<RefusalGate, 'settle' | 'refuseWith' | 'held' | 'waiting'>,
  ended: boolean,
): void {
  const isLast = ended && reads.waiting === 0 && sends.waiting === 0
  if (isLast && reads.held > 0 && sends.held > 0 && reads.held + sends.held > refusalsThatAsk) {
    sends.refuseWith(reads.held)
    return
  }
  reads.settle(isLast)
  sends.settle(isLast && reads.isCalm)
}
