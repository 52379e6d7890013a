import { counted } from '../messages/counted.ts'
import { ruleOf } from '../okta/actions.ts'
import type { MissingRun, RetriedRuns } from '../run/retried-runs.ts'
import type { Undoable } from './begin-undo.ts'

/**
 * Sentences about what an undo of a run takes back and, with the reason, what it can't.
 *
 * @param retried the runs that it retries
 */
export function describeUndo(runId: string, retried: RetriedRuns, found: Undoable): readonly string[] {
  const { runs } = retried
  const { reversals, alreadyBack, notDone } = found
  const before = runs.map(({ run }) => run.run_id).join(', ')
  const who = before === '' ? `run ${runId}` : `run ${runId} and what it retries (${before})`
  return [
    reversals.length === 0
      ? `${who[0]?.toUpperCase()}${who.slice(1)} did nothing that can be taken back.`
      : `The undo takes back what ${who} did to ${counted(reversals.length, 'user')}. Users who are no longer as that run left them are left alone.`,
    ...notUndone(retried, found),
    ...(alreadyBack > 0
      ? [
          `${counted(alreadyBack, 'user')} ${alreadyBack === 1 ? 'is' : 'are'} left as they are: that run itself brought them back.`,
        ]
      : []),
    ...(notDone > 0 ? [describeRest(runId, notDone, reversals.length > 0)] : []),
  ]
}

/** @param isClosed whether the undo begins, and so closes the run */
function describeRest(runId: string, notDone: number, isClosed: boolean): string {
  const rest = `That run still has ${counted(notDone, 'task')} to do.`
  return isClosed
    ? `${rest} The undo closes it, so they are not done.`
    : `${rest} It is not closed: resume and retry of ${runId} would do them.`
}

function describeRuns({ before }: MissingRun): string {
  return before.length === 0 ? 'it' : `it and the runs before it (${before.join(', ')})`
}

/** Sentences about what those runs did, or may have done, and the undo leaves as it is: someone must look at it. */
export function notUndone(
  { missing }: Pick<RetriedRuns, 'missing'>,
  found: Pick<Undoable, 'lasting' | 'inDoubt' | 'notHeld' | 'unsure' | 'perhapsBack'>,
): readonly string[] {
  const { lasting, inDoubt, notHeld, unsure, perhapsBack } = found
  return [
    ...(missing === null
      ? []
      : [
          `Run ${missing.run} was retried too. What ${describeRuns(missing)} did is not taken back: ${missing.why}`,
        ]),
    ...(perhapsBack > 0
      ? [
          `${counted(perhapsBack, 'user')} ${perhapsBack === 1 ? 'is' : 'are'} left alone as well: a user may have had several actions, so what was done later may only have put them back where they were before that run. Put its directory back, and undo again.`,
        ]
      : []),
    ...[...lasting].map(([action, count]) => {
      const { undo } = ruleOf(action)
      return `${counted(count, 'call')} of ${action} can't be taken back: ${'not' in undo ? undo.not : ''}.`
    }),
    ...(notHeld > 0
      ? [
          `${counted(notHeld, 'call')} that Okta accepted had no lasting effect when the run looked. That may have changed since: look up the users of these calls in the results of that run.`,
        ]
      : []),
    ...(unsure > 0
      ? [
          `${counted(unsure, 'task')} ${unsure === 1 ? 'is' : 'are'} left alone: the user's first or last change was confirmed only after a part of the journal was lost, was made while Okta's time was not known exactly, or was found long after the call, so it may be somebody else's work. Look up the users of these tasks in the results of that run.`,
        ]
      : []),
    ...(inDoubt > 0
      ? [
          `${counted(inDoubt, 'task')} ${inDoubt === 1 ? 'is in doubt and is left alone: nobody knows whether it was applied' : 'are in doubt and are left alone: nobody knows whether they were applied'}.`,
        ]
      : []),
  ]
}
