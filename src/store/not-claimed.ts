import { basename } from 'node:path'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { exitCodes, KnownError, Refusal } from '../messages/known-error.ts'
import type { NotClaimed } from './may-claim.ts'

/** The error for a run that can't be held, with exit code 5 if another run or process is in the way. */
export function notClaimed(directory: string, { kind, run, host }: NotClaimed): KnownError {
  const where = host === null ? '' : ` on ${host}`
  const name = { ...runNameOf(directory), runId: run ?? basename(directory) }
  const status = `To see how far it has got: ${commandFor('status', name)}`
  switch (kind) {
    case 'gone':
      return new Refusal(`There is no run ${name.runId} in the store.`, 'okta-lifecycle runs')
    case 'held':
      return new KnownError(
        `Another process${where} holds this run.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
    case 'job_held':
      return new KnownError(
        `Another process${where} holds the job of this run: it works on run ${run}.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
    case 'job_waits':
      return new KnownError(
        `Run ${run} of the same job is older and waits for a worker.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
  }
}

/** The error for a run whose saved plan another one has taken up. Null for one that is gone by now. */
export function planTaken(by: string | null): Refusal {
  return new Refusal(
    `A plan is carried out only once, and ${by === null ? 'another run' : `run ${by}`} has taken this one up. Nothing was sent.`,
    'To see how far it has got: okta-lifecycle status. For what is left, plan again',
  )
}
