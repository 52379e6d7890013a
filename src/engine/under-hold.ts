import type { Holding } from '../files/hold/joint-hold.ts'
import type { Journal } from '../journal/journal.ts'
import { wasWithdrawn } from '../okta/answer.ts'
import type { OktaClient } from '../okta/client.ts'

type Send = OktaClient['send']

/**
 * Sends requests only as long as their answers can be written down. A request that was withdrawn because the hold is lost says
 * nothing of Okta: it ends the execution, and is not tried again as one to which Okta gives no answer.
 *
 * @returns what sends a request; it throws why the journal can't be written any more, or HoldLost
 */
export function underHold(
  send: Send,
  hold: Pick<Holding, 'valid' | 'ensure'>,
  journal: Pick<Journal, 'failure'>,
): Send {
  const checkJournal = (): void => {
    if (journal.failure !== null) throw journal.failure
  }
  return async (request, mayLeave) => {
    // Nobody waits for a note, so it may be that nobody else has learnt that one could not be written.
    checkJournal()
    const answer = await send(request, mayLeave)
    if (wasWithdrawn(answer) && !hold.valid) {
      checkJournal()
      await hold.ensure()
    }
    return answer
  }
}
