import { counted } from '../messages/counted.ts'
import { ruleOf } from '../okta/actions.ts'
import type { Undoable } from './begin-undo.ts'

/** Sentences about what an undo takes back of a run and what it can't, each with why. */
export function describeUndo(runId: string, found: Undoable): readonly string[] {
  const { reversals, lasting, alreadyBack, inDoubt, notDone } = found
  return [
    reversals.length === 0
      ? `Run ${runId} did nothing that can be taken back.`
      : `The undo takes back what run ${runId} did to ${counted(reversals.length, 'user')}. Whoever is not as that run left them is left alone.`,
    ...[...lasting].map(([action, count]) => {
      const { undo } = ruleOf(action)
      return `${counted(count, 'call')} of ${action} can't be taken back: ${'not' in undo ? undo.not : ''}.`
    }),
    ...(alreadyBack > 0
      ? [`${counted(alreadyBack, 'user')} left as they are: that run itself brought them back.`]
      : []),
    ...(inDoubt > 0
      ? [`${counted(inDoubt, 'task')} in doubt left alone: nobody knows whether they were applied.`]
      : []),
    ...(notDone > 0
      ? [`That run still has ${counted(notDone, 'task')} to do. The undo closes it, so they are not done.`]
      : []),
  ]
}
