import { changeOf, type ExplainedChange } from '../rules/explained-change.ts'
import type { TaskResult } from '../rules/result.ts'
import type { TaskProgress } from './task-progress.ts'

/** An answer of an older journal has only the best estimate of its time: it may be off by this much, in ms. */
const estimateMs = 1_000

/** A change that is so much older than a loss says nothing about it, in ms. */
const longEnoughMs = 15 * 60_000

/** So much time passes at least before old changes are looked for again, in ms. */
const lookAgainMs = 60_000

/** The last change of each user that is known to be the work of a call of this run, by the user as the intents name the user. */
export class ExplainedChanges {
  readonly #last = new Map<
    string,
    {
      readonly change: ExplainedChange
      readonly activated: ExplainedChange | null
      readonly endedAt: number
    }
  >()

  /** Up to when old changes were forgotten, in epoch ms by Okta's clock. */
  #forgottenTo = Number.NEGATIVE_INFINITY

  /** The last change of a user; null if none is known. */
  of(userId: string): ExplainedChange | null {
    return this.#last.get(userId)?.change ?? null
  }

  /**
   * The last activation of a user, which Okta carries out in the background: its effect may come after what was done
   * later. Null if none is known.
   */
  activationOf(userId: string): ExplainedChange | null {
    return this.#last.get(userId)?.activated ?? null
  }

  /**
   * Takes in the end of a task.
   *
   * @param lostSince when the lost part of the journal began, in epoch ms by Okta's clock; null if none was lost
   */
  see({ last }: TaskProgress, result: TaskResult, lostSince: number | null): void {
    const change = changeOf(result, last.kind === 'applied' ? acceptedBy(last) : null)
    if (change === null) return
    const { user_id: userId } = last.intent
    const endedAt = Date.parse(result.finished_at ?? '')
    const before = this.#last.get(userId)?.activated ?? null
    const activated = result.action === 'activate' ? { ...change, until: null } : before
    // A change of its own moves the user to the end.
    this.#last.delete(userId)
    this.#last.set(userId, { change, activated, endedAt })
    this.#forget((lostSince ?? endedAt) - longEnoughMs)
  }

  /** Without a loss, a large run keeps only the users of its last minutes. */
  #forget(before: number): void {
    // To look at the first one costs as much as all those that were deleted before it.
    if (before < this.#forgottenTo + lookAgainMs) return
    this.#forgottenTo = before
    for (const [userId, { endedAt }] of this.#last) {
      if (!(endedAt < before)) return
      this.#last.delete(userId)
    }
  }
}

function acceptedBy({ answer }: Extract<TaskProgress['last'], { kind: 'applied' }>): number {
  return answer.okta_time_at_most ?? answer.okta_time + estimateMs
}
