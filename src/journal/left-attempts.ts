import type { TaskResult } from '../rules/result.ts'
import type { FirstAttempt, InDoubtEvent, IntentEvent } from './journal-event.ts'
import { firstAttemptOf, type OpenAttempt, type TaskProgress } from './task-progress.ts'

/**
 * How often a task was sent again after a doubt: in all (`judgedNotApplied`), and only because the job allows it
 * (`repeats`). How many attempts never left, and the first one; null if there was only one.
 */
export interface SentAgain extends Pick<TaskProgress, 'judgedNotApplied' | 'repeats' | 'unsent'> {
  readonly first: FirstAttempt | null
}

/** How often a task was sent again, from what is known of its attempts. */
export function sentAgainOf(progress: TaskProgress): SentAgain {
  const { judgedNotApplied, repeats, unsent } = progress
  return { judgedNotApplied, repeats, unsent, first: firstAttemptOf(progress) }
}

/** What tasks that have ended left behind of their attempts, for a retry. Tasks by their index. */
export class LeftAttempts {
  readonly #inDoubt = new Map<number, OpenAttempt>()
  /** Last attempts of tasks that failed although an attempt judged "not applied" may still have been applied late. */
  readonly #doubted = new Map<number, IntentEvent>()
  readonly #sentAgain = new Map<number, SentAgain>()

  /**
   * The attempt of a task that ended in doubt, or of a factor reset that Okta accepted and that did not hold: Okta must
   * be asked about it before it is repeated. Null for every other task.
   */
  inDoubt(task: number): OpenAttempt | null {
    return this.#inDoubt.get(task) ?? null
  }

  /** The last attempt of a task that failed after a doubt, see `lastDoubted` of the journal's state. */
  doubted(task: number): IntentEvent | null {
    return this.#doubted.get(task) ?? null
  }

  sentAgain(task: number): SentAgain {
    return this.#sentAgain.get(task) ?? { judgedNotApplied: 0, repeats: 0, unsent: 0, first: null }
  }

  /**
   * Takes in a task's result.
   *
   * @param progress what was known of its attempts; undefined if nothing was sent
   */
  note(task: number, result: TaskResult, progress: TaskProgress | undefined): void {
    if (progress === undefined) return
    const { last, judgedNotApplied, attempts } = progress
    const isTakenUp = result.result === 'in_doubt' || result.result === 'failed'
    if (isTakenUp && (judgedNotApplied > 0 || attempts > 1)) this.#sentAgain.set(task, sentAgainOf(progress))
    if (result.result === 'in_doubt') {
      const doubt = last.kind === 'open' ? last.doubt : null
      this.#inDoubt.set(task, { kind: 'open', intent: last.intent, doubt })
    } else if (isResetThatDidNotHold(result))
      this.#inDoubt.set(task, { kind: 'open', intent: last.intent, doubt: doubtOfReset(last.intent) })
    else if (result.result === 'failed' && judgedNotApplied > 0) this.#doubted.set(task, last.intent)
  }
}

/** Another reset would also remove what was enrolled since, so a retry looks first. */
function isResetThatDidNotHold({ action, result, verified }: TaskResult): boolean {
  return action === 'reset_factors' && result === 'failed' && verified === 'not_held'
}

function doubtOfReset({ row, step, attempt, okta_time: sent }: IntentEvent): InDoubtEvent {
  const why = 'Okta accepted it, but it did not hold'
  return { event: 'in_doubt', row, step, attempt, at_once: true, timed_out: false, sent_okta_time: sent, why }
}
