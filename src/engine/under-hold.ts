import type { Holding } from '../files/hold/joint-hold.ts'
import type { Journal } from '../journal/journal.ts'
import { type Unanswered, wasWithdrawn, withdrawn } from '../okta/answer.ts'
import type { OktaClient } from '../okta/client.ts'

type Send = OktaClient['send']

/** What a request of an execution depends on. */
export interface Ground {
  readonly hold: Pick<Holding, 'valid' | 'ensure'>
  readonly journal: Pick<Journal, 'failure'>
  /** Called with the reason before a request is given up for it. It stops the execution. */
  readonly onFailure: (cause: unknown) => void
}

/**
 * Sends requests only as long as their answers can be written down. A request that was withdrawn because the hold is lost says
 * nothing of Okta: it ends the execution, and is not tried again as one to which Okta gives no answer.
 *
 * @returns what sends a request; it throws nothing of its own
 */
export function underHold(send: Send, { hold, journal, onFailure }: Ground): Send {
  return async (request, mayLeave) => {
    // Nobody waits for a note, so it may be that nobody else has learnt that one could not be written.
    if (journal.failure !== null) {
      onFailure(journal.failure)
      return unsent
    }
    const answer = await send(request, mayLeave)
    if (!wasWithdrawn(answer) || hold.valid) return answer
    try {
      if (journal.failure !== null) throw journal.failure
      await hold.ensure()
    } catch (error) {
      onFailure(error)
    }
    return answer
  }
}

const unsent: Unanswered = {
  kind: 'unanswered',
  mayHaveBeenSent: false,
  code: withdrawn,
  why: 'nothing is sent any more, because the answer could not be written down',
}
